const laneOnly = new URL('./core.ts', import.meta.url).href;

export function resolve(specifier, context, next) {
  const isForProgram = context.parentURL?.includes('/examples/roots/') ?? false;
  if (specifier !== '@realtime-notify/core' || !isForProgram) return next(specifier, context);
  return next(laneOnly, context);
}
