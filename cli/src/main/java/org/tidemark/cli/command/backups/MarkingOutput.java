// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.BackupMarking.Marked;
import org.tidemark.operations.backups.BackupMarking.Mode;
import org.tidemark.operations.backups.BackupMarking.Outcome;
import org.tidemark.operations.backups.BackupMarking.Result;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.view.FailureView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.UnreadView;

/** What {@code keep} and {@code annotate} print: a line for each repository, or one document. */
final class MarkingOutput {
    private final Output output;
    private final RepositoryReadings readings;

    private record View(
            BackupId backup,
            boolean dryRun,
            @Inline Record asked,
            List<MarkedView> repositories,
            Optional<List<UnreadView>> unreadable) {}

    private record MarkedView(
            String repository, String result, @Inline Optional<FailureView> failure) {
        static MarkedView of(Marked marked) {
            return switch (marked.outcome()) {
                case Outcome.Changed _ -> new MarkedView(marked.repository(), "changed", Optional.empty());
                case Outcome.Unchanged _ -> new MarkedView(marked.repository(), "unchanged", Optional.empty());
                case Outcome.Incomplete _ -> new MarkedView(marked.repository(), "incomplete", Optional.empty());
                case Outcome.Absent _ -> new MarkedView(marked.repository(), "absent", Optional.empty());
                case Outcome.Failed failed ->
                    new MarkedView(marked.repository(), "failed", Optional.of(FailureView.of(failed.why())));
            };
        }
    }

    /**
     * Warns of each repository that could not be read.
     *
     * @throws UserFacingException if none could be read
     */
    MarkingOutput(Output output, RepositoryReadings readings) {
        this.output = output;
        this.readings = readings;
        UnreadRepositories.warn(output, readings);
    }

    /** The words of one command. */
    interface Wording {
        /** A sentence about a repository in which the mark was set, or would be. */
        String changed(Marked marked);

        /** A sentence about a repository whose marks said the same before. */
        String unchanged(Marked marked);

        /** The members of the document in JSON that say what was asked for. */
        Record asked();
    }

    /** Makes a mark of an operator's words. */
    static <T extends Mark> T ofWords(String argument, Supplier<T> mark) {
        try {
            return mark.get();
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    argument + ": " + e.getMessage(),
                    "Give one line of at most " + Mark.MAX_TEXT_LENGTH + " characters.",
                    e);
        }
    }

    void print(Result result, Mode mode, Wording wording) {
        for (Marked each : result.marked()) {
            each.before()
                    .unreadable()
                    .forEach(damaged -> output.warn(
                            "'" + each.repository() + "': '" + damaged.key() + "' " + damaged.problem()
                                    + (damaged.isSettled()
                                            ? "; a later mark says whether the backup is kept"
                                            : "; it may have been a keep, and counts as one until the backup is"
                                                    + " released"),
                            "Look for more damage with: tidemark verify --all"));
            if (!output.isJson()) {
                text(each, wording).ifPresent(output::line);
            }
            warn(result, each);
        }
        if (output.isJson()) {
            output.json(new View(
                    result.id(),
                    mode == Mode.DRY_RUN,
                    wording.asked(),
                    Json.list(result.marked(), MarkedView::of),
                    UnreadView.of(readings)));
        }
    }

    private static Optional<String> text(Marked marked, Wording wording) {
        return switch (marked.outcome()) {
            case Outcome.Changed _ -> Optional.of(wording.changed(marked));
            case Outcome.Unchanged _ -> Optional.of(wording.unchanged(marked));
            case Outcome.Incomplete _, Outcome.Absent _, Outcome.Failed _ -> Optional.empty();
        };
    }

    private void warn(Result result, Marked marked) {
        String in = "'" + marked.repository() + "'";
        switch (marked.outcome()) {
            case Outcome.Absent _ -> output.say(in + " does not have backup " + result.id());
            case Outcome.Incomplete _ ->
                output.warn(
                        "backup " + result.id() + " is incomplete in " + in + ": it was not marked there",
                        "Once it is complete there, run this command again.");
            case Outcome.Failed failed -> {
                String message = "backup " + result.id() + " could not be marked in " + in + ": "
                        + failed.why().getMessage();
                if (isDoneAnywhere(result)) {
                    output.warn(message, failed.why().hint());
                } else {
                    output.error(message, failed.why().hint());
                }
            }
            case Outcome.Changed _, Outcome.Unchanged _ -> {}
        }
    }

    private static boolean isDoneAnywhere(Result result) {
        return result.marked().stream()
                .anyMatch(each ->
                        each.outcome() instanceof Outcome.Changed || each.outcome() instanceof Outcome.Unchanged);
    }

    /** That of the first repository that failed, or could not be read. */
    ExitCode status(Result result) {
        return List.of(result.status(), readings.status()).stream()
                .filter(status -> status != ExitCode.DONE)
                .findFirst()
                .orElse(ExitCode.DONE);
    }
}
