// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import org.tidemark.core.Timeline;

/** What recovery_target_timeline says about where a recovery goes. */
public sealed interface Destination {
    /** To one timeline, whatever others there are. */
    record Fixed(Timeline timeline) implements Destination {}

    /** To the newest of which PostgreSQL knows. */
    record Newest() implements Destination {}

    /**
     * Nobody knows: a parent's WAL behind the switch to a child is neither handed out nor called absent.
     *
     * @param reason why, to follow "since"
     */
    record Unknown(String reason) implements Destination {}
}
