// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal.push;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.resident.CallIdentity;
import org.tidemark.archiver.resident.CallIdentity.ConfigurationFile;
import org.tidemark.archiver.resident.DecidingVariables;
import org.tidemark.archiver.resident.PushAhead;
import org.tidemark.archiver.resident.PushAhead.Bounds;
import org.tidemark.archiver.resident.UnusedNotes;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.Environment;
import org.tidemark.config.FileStamp;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.notices.RepeatedNotices;
import org.tidemark.operations.wal.call.WalContext;
import org.tidemark.postgres.ArchiveStatus;

/**
 * Archives what PostgreSQL is going to hand over next, where the launcher can acknowledge it by itself. Loaded only
 * where something waits.
 */
public final class SegmentsAhead {
    /** What decides about a call, in the launcher's words; it is not set for a call by hand. */
    static final String CALL = "TIDEMARK_CALL";

    /** PostgreSQL waits meanwhile, also when it is stopped. */
    private static final Duration BEGINNING = Duration.ofSeconds(10);

    /** Of push-timeout, for what is under way; the rest is for the end of the process. */
    private static final int END_PERCENT = 70;

    /** A configuration that was changed this short a time before may change again without a difference in its time. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    private SegmentsAhead() {}

    /** Whether another file waits, and the launcher can acknowledge it. */
    static boolean mayBeReady(Path pushed, Environment environment) {
        if (!environment.variables().containsKey(CALL)) {
            return false;
        }
        return new ArchiveStatus(pushed.resolveSibling("archive_status"))
                .isReadyBesides(String.valueOf(pushed.getFileName()));
    }

    /** Returns whether threads are left that still wait for a store. */
    static boolean push(WalContext context, Instant begun, Segment pushed, PushRequest request, Pusher pusher) {
        int most = context.configuration().host().pushAhead();
        Path walDirectory = request.path().toAbsolutePath().getParent();
        Optional<CallIdentity> identity;
        try {
            identity = identity(context, begun);
        } catch (IOException e) {
            return false; // what decides cannot be looked at
        }
        if (most == 0 || identity.isEmpty() || walDirectory == null) {
            return false;
        }
        Duration timeout = context.configuration().host().pushTimeout();
        Duration end = timeout.multipliedBy(END_PERCENT)
                .dividedBy(100)
                .minus(Duration.between(begun, context.clock().instant()));
        Duration beginning = BEGINNING.compareTo(end.dividedBy(2)) < 0 ? BEGINNING : end.dividedBy(2);
        if (!beginning.isPositive()) {
            return false;
        }
        AtomicBoolean abandoned = new AtomicBoolean();
        Path root = SpoolDirectory.archived(context.spool(), context.dataDirectory(), context.environment());
        try {
            PushAhead.Report report = new PushAhead(walDirectory, request.origin(), next -> {
                        if (pusher.push(next)) {
                            abandoned.set(true);
                        }
                    })
                    .after(
                            pushed,
                            root,
                            identity.get(),
                            context.environment().variables(),
                            new Bounds(most, beginning, end),
                            context.clock());
            new AheadNotices(RepeatedNotices.in(context.spool(), context.clock()), pusher.cluster(), pusher.observer())
                    .tell(UnusedNotes.of(root, walDirectory.resolveSibling(".")));
            return abandoned.get() || report.abandoned();
        } catch (IOException e) {
            return abandoned.get(); // the next segment is archived when PostgreSQL hands it over
        }
    }

    /** Empty if the launcher does not ask, or the configuration is not the one of the beginning for certain. */
    private static Optional<CallIdentity> identity(WalContext context, Instant begun) throws IOException {
        @Nullable String line = context.environment().variables().get(CALL);
        return line == null ? Optional.empty() : identity(line, context, begun);
    }

    /**
     * What decides about a call.
     *
     * @param begun before the configuration was read
     * @return empty if the configuration is not the one that was read for certain
     */
    public static Optional<CallIdentity> identity(String line, WalContext context, Instant begun) throws IOException {
        Optional<List<FileStamp>> deciding = deciding(context);
        if (deciding.isEmpty() || !context.repositories().stream().allMatch(SegmentsAhead::hasKnownVariables)) {
            return Optional.empty();
        }
        long settled = begun.minus(SETTLED).toEpochMilli();
        List<ConfigurationFile> files = new ArrayList<>();
        for (FileStamp stamp : deciding.get()) {
            if (stamp.changedMillis() > settled) {
                return Optional.empty();
            }
            files.add(ConfigurationFile.of(stamp.path(), stamp.modified()));
        }
        return Optional.of(new CallIdentity(line, files));
    }

    /** A store of somebody else may read variables that the launcher does not look at. */
    private static boolean hasKnownVariables(RepositorySettings repository) {
        return StoreDeclarations.of(String.valueOf(repository.url().getScheme()))
                .filter(store -> DecidingVariables.include(store.variables()))
                .isPresent();
    }

    /** Every file that decides about a call; empty if the configuration is not the one that was read for certain. */
    public static Optional<List<FileStamp>> deciding(WalContext context) throws IOException {
        Optional<List<FileStamp>> stamps = ConfigurationFiles.stamps(ConfigurationFiles.candidates(
                context.environment(), context.arguments().configuration()));
        if (stamps.isEmpty() || !stamps.equals(context.files())) {
            return Optional.empty();
        }
        List<FileStamp> deciding = new ArrayList<>(stamps.get());
        // Which repository is at an address: replaced on purpose, it lacks what the other one holds.
        deciding.add(FileStamp.of(OpenRepositories.memory(context.spool())));
        return Optional.of(deciding);
    }
}
