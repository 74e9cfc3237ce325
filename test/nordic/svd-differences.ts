export interface Accepted { where: RegExp; reason: string; source: string; chips?: string[] }
export const RENAMINGS = {}; export const BLOCK_NAMES = {P0:'gpio0',P1:'gpio1',GPIO:'gpio0'}; export const ACCEPTED: Accepted[] = [];
