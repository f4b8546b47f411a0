// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.check;

import java.util.Comparator;
import java.util.List;
import org.tidemark.core.UserFacingException;

/**
 * One thing that was looked at. Immutable.
 *
 * @param topic a word or two
 * @param hint a sentence; empty where all is well
 */
public record CheckFinding(Level level, String topic, String message, String hint) {
    /** How it is, from good to bad. */
    public enum Level {
        OK,
        WARNING,
        CRITICAL
    }

    static CheckFinding ok(String topic, String message) {
        return new CheckFinding(Level.OK, topic, message, "");
    }

    static CheckFinding warning(String topic, String message, String hint) {
        return new CheckFinding(Level.WARNING, topic, message, hint);
    }

    static CheckFinding critical(String topic, String message, String hint) {
        return new CheckFinding(Level.CRITICAL, topic, message, hint);
    }

    static CheckFinding critical(String topic, UserFacingException problem) {
        return critical(topic, problem.getMessage(), problem.hint());
    }

    /** The worst of all; {@link Level#OK} if there are none. */
    public static Level worst(List<CheckFinding> findings) {
        return findings.stream()
                .map(CheckFinding::level)
                .max(Comparator.naturalOrder())
                .orElse(Level.OK);
    }
}
