/** What is wrong with a service, in words for the person whose publish needs it: unreachable, or not understood. */
export class ServiceFault extends Error {}
