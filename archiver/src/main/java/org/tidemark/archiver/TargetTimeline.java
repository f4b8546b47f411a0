// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import org.tidemark.core.Timeline;

/** The target timeline of a recovery, as {@code recovery_target_timeline} sets it. */
public sealed interface TargetTimeline {
    /** One timeline, even if there are newer ones. */
    record Fixed(Timeline timeline) implements TargetTimeline {}

    /** The newest timeline that PostgreSQL knows. */
    record Newest() implements TargetTimeline {}

    /**
     * It is not known: a parent's WAL after the switch to a child is neither delivered nor called absent.
     *
     * @param reason why it is not known, to follow "since"
     */
    record Unknown(String reason) implements TargetTimeline {}
}
