// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.BaseBackupReceiver;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.postgres.TablespaceInfo;

/** PostgreSQL sends its files itself: BASE_BACKUP, on any host that reaches it. */
public record StreamSource(ReplicationConnection connection, Checkpoint checkpoint, OptionalInt maxRateKib)
        implements ClusterSource {
    @Override
    public boolean hasManifest() {
        return true;
    }

    @Override
    public Copied copy(String label, FileSink sink) throws IOException {
        BaseBackupOptions options = new BaseBackupOptions(
                label, checkpoint, maxRateKib, BaseBackupOptions.START_LIMIT, BaseBackupOptions.SILENCE_LIMIT);
        Receiver receiver = new Receiver(sink);
        BaseBackupResult result = connection.baseBackup(options, receiver);
        receiver.requireAll();
        byte[] content = receiver.reader.kept(ArchiveReader.BACKUP_LABEL);
        return new Copied(
                result,
                BackupLabel.parse(new String(content, StandardCharsets.UTF_8), ArchiveReader.BACKUP_LABEL),
                receiver.reader.kept(ControlFile.PATH),
                result.checksums() == ServerChecksums.FAILURE
                        ? Optional.of("PostgreSQL reported a damaged page: " + receiver.firstWarning)
                        : Optional.empty());
    }

    /** The connection is the caller's. */
    @Override
    public void close() {}

    private static final class Receiver implements BaseBackupReceiver {
        /** SQLSTATE of what the server says about damaged pages. */
        private static final String WARNING = "01000";

        /**
         * Matches only the path in the message, which is the same in every language. In a tablespace it is absolute.
         */
        private static final Pattern LEFT_OUT = Pattern.compile("\\./(" + NeededFiles.DIRECTORIES
                + "(?:/[0-9A-Za-z_./]+)?)(?![0-9A-Za-z_.])|(PG_[0-9]+_[0-9]+[0-9A-Za-z_./]*)");

        /** The function of PostgreSQL that leaves links and special files out. It warns of nothing else. */
        private static final String LEAVES_OUT = "sendDir";

        private final FileSink sink;
        private final ArchiveReader reader;
        private String firstWarning = "";
        private Optional<String> leftOut = Optional.empty();

        Receiver(FileSink sink) {
            this.sink = sink;
            this.reader = new ArchiveReader(sink);
        }

        @Override
        public void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) throws IOException {
            sink.started(start, timeline, tablespaces);
        }

        @Override
        public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
            reader.read(tablespace, tar);
        }

        @Override
        public void manifest(InputStream json) throws IOException {
            sink.manifest(json);
        }

        @Override
        public void progress(long bytesDone, long bytesExpected) {
            sink.progress(bytesDone, bytesExpected);
        }

        @Override
        public void warning(ServerMessage message) {
            if (firstWarning.isEmpty() && message.sqlState().equals(WARNING)) {
                firstWarning = message.text();
            }
            leftOut = leftOut.or(() -> leftOut(message));
            sink.warning("PostgreSQL: " + message);
        }

        /**
         * A path that PostgreSQL leaves out with nothing but a warning, although no server can do without it: a link,
         * because somebody moved a database, a table or the commit log.
         */
        private static Optional<String> leftOut(ServerMessage message) {
            Matcher path = LEFT_OUT.matcher(message.text());
            return message.routine().equals(LEAVES_OUT) && path.find()
                    ? Optional.of(path.group(1) == null ? path.group(2) : path.group(1))
                    : Optional.empty();
        }

        void requireAll() {
            if (leftOut.isPresent()) {
                throw NeededFiles.missing("PostgreSQL left '" + leftOut.get()
                        + "' out of the base backup: it is a link or a special file");
            }
        }
    }
}
