// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;

/**
 * The answer to IDENTIFY_SYSTEM. Immutable.
 *
 * @param timeline the timeline that the server writes, or replays if it is a standby
 * @param flushed the flushed WAL position; on a standby, the replayed position
 */
public record SystemIdentity(SystemIdentifier system, Timeline timeline, Lsn flushed) {}
