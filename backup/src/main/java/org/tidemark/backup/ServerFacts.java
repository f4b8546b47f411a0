// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.backup.archiving.ArchivingCheck;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.ListedTablespaces;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.backup.server.ServerQueries;
import org.tidemark.backup.server.StandbyReplay;
import org.tidemark.core.HostFiles;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ReplicationConnection;

/** The facts of a running server, each asked when it is needed. */
record ServerFacts(ReplicationConnection connection, ServerQueries queries) implements BackupFacts {
    private static final Pattern SIZE = Pattern.compile("([0-9]+)(B|kB|MB|GB|TB)?");

    @Override
    public Properties properties() {
        return new Properties(
                connection.identifySystem().system(),
                connection.serverVersionNum(),
                bytes(connection.show("wal_segment_size")),
                bytes(connection.show("block_size")),
                connection.show("data_checksums").equals("on"),
                bytes(connection.show("segment_size")));
    }

    /** Reads a size as SHOW prints it: {@code 16MB}, or a number of bytes. */
    static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size: '" + text + "'");
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2).toUpperCase(Locale.ROOT);
        int shift = switch (unit) {
            case "KB" -> 10;
            case "MB" -> 20;
            case "GB" -> 30;
            case "TB" -> 40;
            default -> 0;
        };
        return Long.parseLong(matcher.group(1)) << shift;
    }

    /** Does nothing on a standby, or if the role may not do it. */
    @Override
    public Optional<WalFile.Segment> closeSegment(BackupListener listener) {
        ArchivingCheck archiving = ArchivingCheck.of(connection);
        archiving.requireConfigured(queries);
        return archiving.closeSegment(queries, listener);
    }

    @Override
    public void closeSegmentOfPrimary() {
        queries.closeSegmentOfPrimary(connection.identifySystem().system());
    }

    @Override
    public Optional<String> archivingFailure() {
        return queries.archivingFailure();
    }

    @Override
    public Optional<Lsn> redo() {
        return queries.redo();
    }

    @Override
    public Optional<Instant> started() {
        return queries.now();
    }

    @Override
    public Optional<Instant> ended() {
        return queries.now();
    }

    @Override
    public Optional<StandbyReplay> replay() {
        return queries.replay();
    }

    @Override
    public Optional<Long> nextXid() {
        return queries.nextXid();
    }

    @Override
    public Optional<List<Database>> databases() {
        return queries.databases();
    }

    @Override
    public Optional<String> glibc() {
        return queries.glibc();
    }

    @Override
    public Optional<ListedTablespaces> tablespaces() {
        return queries.tablespaces();
    }

    @Override
    public Optional<Set<DatabaseOfTablespace>> databasesWithFiles() {
        return queries.databasesWithFiles();
    }

    @Override
    public Map<Long, String> tablespaceNames() {
        return queries.tablespaceNames();
    }

    @Override
    public ServerConfiguration configuration(Optional<HostFiles> files) {
        return queries.configuration(files);
    }

    @Override
    public Optional<byte[]> history(Timeline timeline) {
        return connection.timelineHistory(timeline);
    }
}
