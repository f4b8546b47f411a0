// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Something that a plan tells the operator. Immutable.
 *
 * @param hint a sentence: what to do, or what to ask; empty for a note that needs none
 * @param exitCode the status of a program that stops because of this; {@link ExitCode#DONE} if it need not
 */
public record PlanFinding(Severity severity, Topic topic, String message, String hint, ExitCode exitCode) {
    /** What follows from a finding. */
    public enum Severity {
        /** Nothing is written before this is solved. */
        PROBLEM,
        /** The restore is done, and the operator must know this. */
        WARNING,
        /** How the plan came about. */
        NOTE
    }

    /** The line of the plan under which a finding stands. */
    public enum Topic {
        TARGET,
        /** What the restored cluster is like at the target. */
        STATE,
        BACKUP,
        WAL,
        WRITE,
        SPACE,
        SETTINGS,
        OUTSIDE
    }

    public static PlanFinding problem(ExitCode exitCode, Topic topic, String message, String hint) {
        return new PlanFinding(Severity.PROBLEM, topic, message, hint, exitCode);
    }

    public static PlanFinding warning(Topic topic, String message, String hint) {
        return new PlanFinding(Severity.WARNING, topic, message, hint, ExitCode.DONE);
    }

    public static PlanFinding note(Topic topic, String message) {
        return new PlanFinding(Severity.NOTE, topic, message, "", ExitCode.DONE);
    }

    public boolean isProblem() {
        return severity == Severity.PROBLEM;
    }

    /** Whether a repository did not answer, and may hold what is asked for. */
    public boolean isOfAStore() {
        return switch (exitCode) {
            case STORE_UNAVAILABLE, STORE_DENIED, NO_REPOSITORY, OTHER_REPOSITORY -> true;
            default -> false;
        };
    }

    public UserFacingException asException() {
        return new UserFacingException(exitCode, message, hint);
    }
}
