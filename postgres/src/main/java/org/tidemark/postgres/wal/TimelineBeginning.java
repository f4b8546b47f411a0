// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a timeline begins in its first segment. Immutable.
 *
 * @param at when it began, at the latest, by the clock of the server that began it
 * @param before the newest time in what the segment holds of the timeline before; empty if there is none
 */
public record TimelineBeginning(Instant at, Optional<Instant> before) {}
