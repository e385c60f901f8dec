/** What a stream is opened with. */
export interface ListenRequest {
  readonly base: string;
  readonly token: string;
  readonly groups: readonly string[];
  readonly cursor: string | undefined;
}
