// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.LocalFiles;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ReplicationConnection;

/**
 * How the files of a server are read: on this host if it has them, otherwise on another one that is named, otherwise
 * PostgreSQL sends them. Over a network, an incremental backup takes what PostgreSQL knows to have changed, if it does:
 * a file in which one page has changed is read whole otherwise. Immutable.
 *
 * @param reason why it is this method: a part of a sentence
 * @param files to be closed; empty if PostgreSQL sends them, or if a method was wanted that cannot read them
 * @param refused why not on the host that was named: by the method, or as the other host; empty otherwise
 */
public record SourceChoice(
        SourceMethod method, String reason, Optional<FilesSource> files, Optional<FoundFiles.NotHere> refused) {
    /** OpenSSH's server drops some of those that log in at the same time if there are more than ten. */
    private static final int MAX_CONNECTIONS = 8;

    private static final int FIRST_WITH_SUMMARIES = 170_000;

    /**
     * Tries the hosts.
     *
     * @param wanted a method, or {@link SourceMethod#AUTO}
     * @param type of the backup
     * @param otherHost how PostgreSQL's host is reached, if it is another one
     * @param jobs how many threads read
     * @param readLimit the most bytes per second that all of them read of files
     * @param connection to the same server
     * @throws IOException if this thread is interrupted
     */
    public static SourceChoice of(
            SourceMethod wanted,
            BaseBackup.Type type,
            Optional<SourceHost.Reach> otherHost,
            int jobs,
            OptionalLong readLimit,
            ConnectionSettings settings,
            ReplicationConnection connection,
            Checkpoint checkpoint,
            Clock clock)
            throws IOException {
        boolean sendsChanges = wanted == SourceMethod.AUTO
                && otherHost.isPresent()
                && type == BaseBackup.Type.INCREMENTAL
                && connection.serverVersionNum() >= FIRST_WITH_SUMMARIES
                && connection.show("summarize_wal").equals("on");
        List<FoundFiles.NotHere> unreadable = new ArrayList<>();
        for (Candidate each : candidates(wanted, sendsChanges ? Optional.empty() : otherHost, jobs)) {
            SourceHost host = readLimit.isPresent() ? each.host().limited(readLimit.getAsLong()) : each.host();
            switch (FoundFiles.find(host, settings, connection, checkpoint, clock)) {
                case FoundFiles.Here(FilesSource source) -> {
                    return new SourceChoice(each.method(), source.description(), Optional.of(source), Optional.empty());
                }
                case FoundFiles.NotHere why -> unreadable.add(why);
            }
        }
        String reason =
                unreadable.stream().map(FoundFiles.NotHere::reason).distinct().collect(Collectors.joining("; "));
        // The other host comes last.
        Optional<FoundFiles.NotHere> refused = (wanted != SourceMethod.AUTO || otherHost.isPresent()) && !sendsChanges
                ? Optional.of(unreadable.getLast())
                : Optional.empty();
        return new SourceChoice(
                wanted == SourceMethod.AUTO ? SourceMethod.STREAM : wanted,
                sendsChanges ? reason + "; PostgreSQL has summaries of what has changed" : reason,
                Optional.empty(),
                refused);
    }

    private record Candidate(SourceMethod method, SourceHost host) {}

    private static List<Candidate> candidates(SourceMethod wanted, Optional<SourceHost.Reach> otherHost, int jobs) {
        List<Candidate> candidates = new ArrayList<>();
        if (wanted == SourceMethod.AUTO || wanted == SourceMethod.LOCAL) {
            candidates.add(new Candidate(SourceMethod.LOCAL, new SourceHost(new LocalFiles(), Optional.empty())));
        }
        if (wanted == SourceMethod.AUTO || wanted == SourceMethod.SSH) {
            // One more for the walk through the directories.
            int connections = Math.min(jobs + 1, MAX_CONNECTIONS);
            otherHost.ifPresent(reach -> candidates.add(new Candidate(SourceMethod.SSH, reach.host(connections))));
        }
        return candidates;
    }
}
