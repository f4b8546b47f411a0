// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.call;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.ahead.CallIdentity;
import org.tidemark.archiver.ahead.CallIdentity.ConfigurationFile;
import org.tidemark.archiver.ahead.DecidingVariables;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.FileStamp;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.config.repository.OpenRepositories;

/**
 * The files that decide about a call, as they were: a segment is acknowledged to another call only while they stay so.
 * Immutable.
 */
public record DecidingFiles(List<FileStamp> stamps) {
    /** A configuration that was changed this short a time before may change again without a difference in its time. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    public DecidingFiles {
        stamps = List.copyOf(stamps);
    }

    /** Those of now; empty if the configuration is not the one that was read for certain. */
    public static Optional<DecidingFiles> of(WalContext context) throws IOException {
        Optional<List<FileStamp>> stamps = ConfigurationFiles.stamps(ConfigurationFiles.candidates(
                context.environment(), context.arguments().configuration()));
        if (stamps.isEmpty() || !stamps.equals(context.files())) {
            return Optional.empty();
        }
        List<FileStamp> deciding = new ArrayList<>(stamps.get());
        // Which repository is at an address: replaced on purpose, it lacks what the other one holds.
        deciding.add(FileStamp.of(OpenRepositories.memory(context.spool())));
        return Optional.of(new DecidingFiles(deciding));
    }

    /**
     * What decides about a call.
     *
     * @param line of the call, in the launcher's words
     * @param begun before the configuration was read
     * @return empty if a file may change again without a difference, or a store reads variables that nobody compares
     */
    public Optional<CallIdentity> identity(String line, WalContext context, Instant begun) throws IOException {
        if (!context.repositories().stream().allMatch(DecidingFiles::hasKnownVariables)) {
            return Optional.empty();
        }
        long settled = begun.minus(SETTLED).toEpochMilli();
        List<ConfigurationFile> files = new ArrayList<>();
        for (FileStamp stamp : stamps) {
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
}
