// What follows from the events alone; it never changes once the report was read.
import { describeRequest, pairRequests } from './requests.js';
import { ERROR, severity } from './describe.js';
import { findGaps, groupProblems } from './problems.js';
import { findNavigations } from './navigations.js';
import { findSpans } from './spans.js';

export function analyse(session) {
  const levels = new Uint8Array(session.count);
  for (let i = 0; i < session.count; ++i) levels[i] = severity(session, i);
  const requests = pairRequests(session), pages = findNavigations(session, requests);
  for (let i = 0; i < session.count; ++i)
    if (levels[i] === ERROR && pages.of[i] >= 0) ++pages.navigations[pages.of[i]].errors;
  return {
    levels, requests, pages,
    answered: requests.records.map((record) => describeRequest(session, record)),
    spans: findSpans(session),
    problems: groupProblems(session, levels),
    gaps: findGaps(session),
    whole: [0, Math.max(session.end, 1)],
  };
}
