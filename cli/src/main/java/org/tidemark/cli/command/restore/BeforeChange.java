// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.search.ChangesToUndo;
import org.tidemark.operations.search.ChangesToUndo.Undone;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.session.Session;
import org.tidemark.view.ChangeWords;

/** The change before which a recovery ends: the only one that fits what the operator named. */
record BeforeChange(Undone undone, Timeline on, List<Segment> missing) {
    private static final int MOST_NAMED = 5;

    /**
     * Searches for it.
     *
     * @throws UserFacingException TARGET_UNREACHABLE if there is none, or several
     */
    static BeforeChange find(
            Session session, TargetOptions options, TimelineChoice timeline, Clock clock, Output output)
            throws IOException {
        Optional<Timeline> on = timeline instanceof TimelineChoice.Numbered numbered
                ? Optional.of(numbered.timeline())
                : Optional.empty();
        try (Progress progress = output.progress("searched", 0)) {
            Optional<String> table = options.droppedTable();
            return table.isPresent()
                    ? only(
                            ChangesToUndo.ofTable(session, table.get(), on, clock, progress::show),
                            "dropped or emptied " + table.get(),
                            "--table")
                    : transaction(session, options.undoneXid().orElseThrow(), on, clock, progress);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "Write a name as in SQL, such as public.orders, or an OID.",
                    e);
        }
    }

    private static BeforeChange transaction(
            Session session, long xid, Optional<Timeline> on, Clock clock, Progress progress) throws IOException {
        long low = Integer.toUnsignedLong((int) xid);
        return only(
                ChangesToUndo.ofTransaction(session, low, on, clock, progress::show),
                "has the number " + low + " and was committed",
                "--xid");
    }

    private static BeforeChange only(ChangesToUndo changes, String what, String option) {
        String where = " in the archived WAL of timeline " + changes.timeline();
        if (changes.found().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.TARGET_UNREACHABLE,
                    "no transaction that " + what + " is" + where + holes(changes.missing()),
                    "Is there newer WAL on the server? Archive it with: tidemark switch-wal. What else happened, says wal-search with "
                            + option + ".");
        }
        if (changes.found().size() > 1) {
            throw new UserFacingException(
                    ExitCode.TARGET_UNREACHABLE,
                    changes.found().size() + " transactions that " + what + " are" + where + ": "
                            + changes.found().stream()
                                    .limit(MOST_NAMED)
                                    .map(BeforeChange::text)
                                    .collect(Collectors.joining("; ")),
                    "Choose one by its position: "
                            + changes.found().stream()
                                    .limit(MOST_NAMED)
                                    .map(each -> option(each) + " for "
                                            + each.transaction().unsignedXid())
                                    .collect(Collectors.joining(", "))
                            + ". More of them tells wal-search with " + option + ".");
        }
        return new BeforeChange(changes.found().getFirst(), changes.timeline(), changes.missing());
    }

    private static String holes(List<Segment> missing) {
        return missing.isEmpty()
                ? ""
                : "; but WAL before " + missing.getFirst().name()
                        + " is missing or damaged, and what happened there is not known";
    }

    private static String text(Undone undone) {
        String what = undone.hits().stream().map(ChangeWords::of).collect(Collectors.joining(", and "));
        return (what.isEmpty() ? "the commit" : what) + " by transaction "
                + undone.transaction().unsignedXid() + ", committed "
                + UtcTime.exact(undone.transaction().time());
    }

    private static String option(Undone undone) {
        return "--target-lsn " + undone.before().at() + " --exclusive";
    }

    RecoveryTarget target() {
        return undone.target();
    }

    /** The same position of another timeline has other data. */
    TimelineChoice timeline() {
        return new TimelineChoice.Numbered(on);
    }

    /** The plan says what was found. */
    PreparedRestore told(PreparedRestore prepared) {
        return prepared.plan() instanceof RestorePlan.Chosen chosen
                ? prepared.with(
                        chosen,
                        List.of(PlanFinding.note(
                                Topic.TARGET,
                                "this is before " + text(undone) + ": " + option(undone) + holes(missing))))
                : prepared;
    }
}
