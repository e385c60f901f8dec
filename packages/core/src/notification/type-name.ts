/** What a notification type may be called: nothing that a wire format could mistake. */
export const typePattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
