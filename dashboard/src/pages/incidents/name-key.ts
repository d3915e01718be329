/** Where this browser keeps the name its user acts under. */
export const NAME_KEY = 'faultline-name';
