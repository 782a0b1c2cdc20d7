from . import test_call_once
from . import test_concurrent_calls
from . import test_rights
