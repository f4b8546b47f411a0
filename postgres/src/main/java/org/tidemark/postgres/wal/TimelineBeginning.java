// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a timeline begins in its first segment, by the clock of the server that began it. Immutable.
 *
 * @param earliest when it began, at the earliest: a server that was restored notes its second alone
 * @param at when it began, at the latest
 * @param before the newest time in what the segment holds of the timeline before; empty if there is none
 */
public record TimelineBeginning(Instant earliest, Instant at, Optional<Instant> before) {}
