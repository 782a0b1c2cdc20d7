/** SNS's own codes for a topic that is not there: recorded and acknowledged (S1.4), since nobody could receive it. */
export const TOPIC_NOT_FOUND: readonly string[] = ['NotFound', 'NotFoundException'];
