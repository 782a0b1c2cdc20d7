from . import bridge_call
from . import bridge_method
