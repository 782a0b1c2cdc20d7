/** The lane at which a scan over lanes ended, and after which the next one begins. */
export type ScanEnd = readonly [tenant: string, provider: string, lane: string, priority: number];

/** Before every lane. */
export const FIRST_LANE: ScanEnd = ['00000000-0000-0000-0000-000000000000', '', '', -32_768];
