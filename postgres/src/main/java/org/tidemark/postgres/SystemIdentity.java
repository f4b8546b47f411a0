// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;

/**
 * The answer to IDENTIFY_SYSTEM. Immutable.
 *
 * @param timeline the timeline that the server writes, or replays if it is a standby
 * @param flushed how far its log is flushed; on a standby, replayed
 */
public record SystemIdentity(SystemIdentifier system, Timeline timeline, Lsn flushed) {}
