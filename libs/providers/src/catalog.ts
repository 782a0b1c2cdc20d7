import { lambda } from './lambda';
import { sns } from './sns';
import { sqs } from './sqs';

/** Every provider of this installation: the one list. Adding one is its folder and a line here. */
export const catalog = [sqs, sns, lambda] as const;
