// A worker thread that follows faults at placements; what it is sent is a FollowTask, what it sends back FollowedCounts.
import { parentPort } from 'node:worker_threads';
import { Follower, type FollowJob } from '../scenario/comparison/follow.js';
import type { Placement } from '../scenario/comparison/placements.js';

/** A job and some of its placements. A worker keeps the last job it was sent. */
export interface FollowTask {
  /** Names the job; it is sent along only if the worker does not have it. */
  id: number;
  job: FollowJob | undefined;
  placements: readonly Placement[];
}

let kept: { id: number; follower: Follower } | undefined;

parentPort?.on('message', ({ id, job, placements }: FollowTask) => {
  if (job !== undefined) kept = { id, follower: new Follower(job) };
  const follower = kept?.follower;
  if (follower === undefined || kept?.id !== id) throw new Error(`job ${id} was not sent`);
  parentPort?.postMessage(placements.map((placement) => follower.at(placement)));
});
