// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.RestorePlan.Chosen;

/** The backups that a plan would have taken, had this host been able to read them. */
final class PassedOver {
    private static final Set<ExitCode> OF_THE_STORE = Set.of(ExitCode.STORE_UNAVAILABLE, ExitCode.STORE_DENIED);
    private static final Set<ExitCode> OF_THE_BACKUP = Set.of(ExitCode.NO_KEY, ExitCode.DAMAGED);

    private final RestorePlan best;
    private final List<Failure> failures = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();

    private record Failure(BackupCandidate backup, UserFacingException cause) {}

    /** @param best the plan with all backups */
    PassedOver(RestorePlan best) {
        this.best = best;
    }

    /** Whether another backup may do where this one failed: not after a failure of this host. */
    static boolean allows(Exception failure) {
        ExitCode code = explained(failure).exitCode();
        return OF_THE_STORE.contains(code) || OF_THE_BACKUP.contains(code);
    }

    /** @param all of a store that does not answer, none is asked for */
    void add(BackupCandidate backup, Exception failure, List<BackupCandidate> all) {
        UserFacingException cause = explained(failure);
        failures.add(new Failure(backup, cause));
        ids.add(backup.id());
        if (OF_THE_STORE.contains(cause.exitCode())) {
            all.stream()
                    .filter(each -> backup.copies().containsAll(each.copies()))
                    .forEach(each -> ids.add(each.id()));
        }
    }

    Set<String> ids() {
        return Set.copyOf(ids);
    }

    /** A warning for each; a problem where the plan now ends on another timeline. */
    List<Finding> findings(Chosen instead) {
        List<Finding> findings = new ArrayList<>();
        for (Failure each : failures) {
            findings.add(Finding.warning(
                    Finding.Topic.BACKUP,
                    "backup " + each.backup().id() + " was passed over: "
                            + each.cause().getMessage(),
                    each.cause().hint()));
        }
        if (!failures.isEmpty()
                && best instanceof Chosen first
                && !first.timeline().equals(instead.timeline())) {
            findings.add(otherTimeline(first.timeline(), instead.timeline()));
        }
        return findings;
    }

    private Finding otherTimeline(Timeline wanted, Timeline instead) {
        return Finding.problem(
                failures.getFirst().cause().exitCode(),
                Finding.Topic.TARGET,
                "of the backups that can be read none leads to timeline " + wanted + ", only to timeline " + instead,
                "To restore that one nevertheless: add --timeline " + instead);
    }

    /** @throws UserFacingException why the first one cannot be read, if there is one */
    void throwFirst() {
        if (!failures.isEmpty()) {
            throw failures.getFirst().cause();
        }
    }

    private static UserFacingException explained(Exception failure) {
        return switch (failure) {
            case UserFacingException known -> known;
            case IOException read -> StorageFailure.explain(read);
            default -> throw new IllegalArgumentException("not a failure to read", failure);
        };
    }
}
