// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.util.Optional;
import java.util.Set;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;

/**
 * Classifies the refusals that a receiver gets from the server, by SQLSTATE.
 *
 * @param slot by which it receives
 */
record ServerRefusals(Optional<String> slot) {
    private static final String UNDEFINED_FILE = "58P01";
    private static final String UNDEFINED_OBJECT = "42704";
    private static final String OBJECT_IN_USE = "55006";
    private static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
    private static final String INVALID_PASSWORD = "28P01";

    /** A server that starts, stops or is full, or a slot that another receiver has just left. */
    private static final Set<ExitCode> PASSING = Set.of(ExitCode.POSTGRES_UNAVAILABLE, ExitCode.TIMED_OUT);

    /** Whether the server no longer has the WAL that it was asked for. */
    static boolean isRemoved(PostgresException problem) {
        return problem.hasState(UNDEFINED_FILE);
    }

    /** Whether it may succeed if it is tried again. */
    boolean isPassing(PostgresException problem) {
        return PASSING.contains(problem.exitCode())
                || problem.hasState(OBJECT_IN_USE)
                || problem.hasState(ReplicationConnection.DUPLICATE_OBJECT);
    }

    /** Whether the server did not accept the password: one that is being changed reaches this host a moment later. */
    static boolean isOfPassword(PostgresException problem) {
        return problem.hasState(INVALID_PASSWORD);
    }

    /** The same problem, with what an operator can do. */
    UserFacingException explain(PostgresException problem) {
        if (isRemoved(problem)) {
            return new UserFacingException(
                    ExitCode.WAL_MISSING,
                    "the server has removed the WAL that is needed next: " + problem.getMessage(),
                    "If archive_command archives as well, wait until it has archived the missing segments, and start"
                            + " again. If nobody has them, accept the hole with: tidemark wal-receive --skip-missing"
                            + slot.map(name -> " --slot " + name).orElse("")
                            + ". Then take a backup: only recoveries from that backup on work past the hole."
                            + (slot.isPresent()
                                    ? ""
                                    : " A slot prevents this: tidemark wal-receive --slot NAME --create-slot"),
                    problem);
        }
        if (problem.hasState(OBJECT_NOT_IN_PREREQUISITE_STATE) && slot.isPresent()) {
            return new UserFacingException(problem.exitCode(), problem.getMessage(), createdAgain(slot.get()), problem);
        }
        if (problem.hasState(UNDEFINED_OBJECT) && slot.isPresent()) {
            return new UserFacingException(
                    problem.exitCode(),
                    problem.getMessage(),
                    "Create the slot with: tidemark wal-receive --create-slot --slot " + slot.get()
                            + ". Then start the receiver; that of a service goes on by itself. If the slot was"
                            + " removed, the server may have removed WAL that is needed: then the receiver says so.",
                    problem);
        }
        return problem;
    }

    /** A slot that SQL shows as lost: some versions still stream by it. */
    static UserFacingException givenUp(String slot) {
        return new UserFacingException(
                ExitCode.POSTGRES_REFUSED,
                "the server has invalidated the replication slot \"" + slot + "\", and keeps no WAL for it any more",
                createdAgain(slot));
    }

    private static String createdAgain(String slot) {
        return "A server gives a slot up that keeps more WAL than max_slot_wal_keep_size. Remove the slot with: tidemark"
                + " wal-receive --slot " + slot + " --drop-slot. Create it again with: tidemark wal-receive --slot "
                + slot + " --create-slot. The server may have removed WAL that is needed: the next start tells.";
    }
}
