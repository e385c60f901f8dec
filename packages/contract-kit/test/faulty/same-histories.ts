import fc from 'fast-check';

// Which random histories find a fault is a matter of luck; here it is the same luck each time.
fc.configureGlobal({ seed: 7 });
