// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.backup.source.FileSink.ParentBackup;
import org.tidemark.backup.source.WalSummaries.Truncations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.BaseBackupReceiver;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.PostgresManifestWriter;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.postgres.TablespaceInfo;

/**
 * PostgreSQL sends its files itself: BASE_BACKUP, on any host that reaches it. PostgreSQL 17 and later send only what
 * has changed since a backup that the sink has, where their WAL summaries tell it.
 */
public record StreamSource(
        ReplicationConnection connection, WalSummaries summaries, Checkpoint checkpoint, OptionalLong readLimit)
        implements ClusterSource {
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final int KIB_BITS = 10;
    private static final int FIRST_WITH_SUMMARIES = 170_000;

    /** How often PostgreSQL hears of the connection, which it ends after idle_session_timeout. */
    private static final Duration KEPT_ALIVE = Duration.ofSeconds(1);

    @Override
    public SourceMethod method() {
        return SourceMethod.STREAM;
    }

    @Override
    public boolean hasManifest() {
        return true;
    }

    /** PostgreSQL knows no higher one than this, and needs none then. */
    private OptionalInt rate() {
        return readLimit.isPresent() && readLimit.getAsLong() >> KIB_BITS <= BaseBackupOptions.MAX_RATE_KIB
                ? OptionalInt.of((int) (readLimit.getAsLong() >> KIB_BITS))
                : OptionalInt.empty();
    }

    @Override
    public Copied copy(String label, FileSink sink) throws IOException {
        BaseBackupOptions options = new BaseBackupOptions(
                label, checkpoint, rate(), BaseBackupOptions.START_LIMIT, BaseBackupOptions.SILENCE_LIMIT, false);
        Optional<ParentBackup> parent =
                connection.serverVersionNum() < FIRST_WITH_SUMMARIES ? Optional.empty() : sink.parent();
        return parent.isEmpty()
                ? receive(options, new Receiver(sink, Optional.empty()))
                : changes(options, parent.get(), sink);
    }

    /** Has PostgreSQL send every file if it cannot tell what has changed. */
    private Copied changes(BaseBackupOptions options, ParentBackup parent, FileSink sink) throws IOException {
        Optional<Truncations> truncations = Optional.empty();
        Optional<String> obstacle = obstacle(parent);
        if (obstacle.isEmpty()) {
            truncations =
                    whileConnected(() -> summaries.truncationsAfter(parent.wal().start()));
            obstacle = truncations.isPresent()
                    ? Optional.empty()
                    : Optional.of("its WAL summaries could not be read by SQL");
        }
        if (truncations.isPresent()) {
            upload(parent, truncations.get());
            Receiver receiver = new Receiver(sink, Optional.of(truncations.get().until()));
            try {
                return receive(options.withIncremental(true), receiver);
            } catch (PostgresException e) {
                if (receiver.hasStarted || e.exitCode() != ExitCode.POSTGRES_REFUSED) {
                    throw e;
                }
                obstacle = Optional.of(e.getMessage());
            }
        }
        sink.sendsEveryFile(obstacle.get());
        return receive(options, new Receiver(sink, Optional.empty()));
    }

    /** Keeps the idle connection alive meanwhile. */
    private <T> T whileConnected(Supplier<T> question) {
        FutureTask<T> answer = new FutureTask<>(question::get);
        Thread.ofPlatform().daemon().name("wal-summaries").start(answer);
        try {
            while (true) {
                try {
                    return answer.get(KEPT_ALIVE.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    connection.show("server_version_num");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "interrupted while PostgreSQL's WAL summaries were read", "");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    /** Why PostgreSQL cannot tell what has changed since a backup; a part of a sentence. */
    private Optional<String> obstacle(ParentBackup parent) {
        if (!connection.show("summarize_wal").equals("on")) {
            return Optional.of("PostgreSQL's setting summarize_wal is off");
        }
        if (connection.show("data_checksums").equals("on") != parent.dataChecksums()) {
            return Optional.of("page checksums were switched " + (parent.dataChecksums() ? "off" : "on")
                    + " after the parent backup");
        }
        return connection.descendsFrom(parent.wal())
                ? Optional.empty()
                : Optional.of("the parent backup is on a timeline that this server does not descend from");
    }

    /** Uploads the list of the parent's files, without those that PostgreSQL must send whole. */
    private void upload(ParentBackup parent, Truncations truncations) throws IOException {
        Optional<SystemIdentifier> system =
                Optional.of(connection.identifySystem().system());
        connection.uploadManifest(json -> {
            PostgresManifestWriter writer = new PostgresManifestWriter(json, system);
            parent.files().forEach((file, size, modified) -> {
                long end = file.firstBlock(parent.segmentPages()) + parent.segmentPages();
                if (end <= truncations.shortest().getOrDefault(file.relation(), Long.MAX_VALUE)) {
                    writer.add(new PostgresManifest.File(file.path(), size, modified, Optional.empty()));
                }
            });
            writer.finish(List.of(parent.wal()));
        });
    }

    private Copied receive(BaseBackupOptions options, Receiver receiver) throws IOException {
        BaseBackupResult result;
        try {
            result = connection.baseBackup(options, receiver);
        } catch (PostgresException e) {
            throw e.hasState(INSUFFICIENT_PRIVILEGE) ? unreadable(e) : e;
        }
        receiver.requireAll();
        byte[] content = receiver.reader.kept(ArchiveReader.BACKUP_LABEL);
        return new Copied(
                result,
                BackupLabel.parse(new String(content, StandardCharsets.UTF_8), ArchiveReader.BACKUP_LABEL),
                receiver.reader.kept(ControlFile.PATH),
                result.checksums() == ServerChecksums.FAILURE
                        ? Optional.of("PostgreSQL reported a damaged page: " + receiver.firstWarning)
                        : Optional.empty(),
                Optional.empty());
    }

    /** The role had every right that BASE_BACKUP takes when it logged in; this is EACCES of a file. */
    private static PostgresException unreadable(PostgresException e) {
        return new PostgresException(
                e.exitCode(),
                String.valueOf(e.getMessage()),
                "PostgreSQL may not read the file or directory that its message names: it does not belong to"
                        + " PostgreSQL's user, or its mode denies it. Correct that as root with chown or chmod, or move"
                        + " it out of the data directory. There may be more: find DATA_DIRECTORY ! -user postgres -o !"
                        + " -perm -u+r",
                INSUFFICIENT_PRIVILEGE,
                e);
    }

    /** The connection is the caller's. */
    @Override
    public void close() {}

    private final class Receiver implements BaseBackupReceiver {
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
        /** Where the summaries end that were read; present if PostgreSQL may send changes instead of a file. */
        private final Optional<Lsn> summarized;

        /** What PostgreSQL says before it sends changes: of no interest if it refuses that. */
        private final List<ServerMessage> early = new ArrayList<>();

        private boolean hasStarted;
        private String firstWarning = "";
        private Optional<String> leftOut = Optional.empty();

        Receiver(FileSink sink, Optional<Lsn> summarized) {
            this.sink = sink;
            this.summarized = summarized;
            this.reader = new ArchiveReader(sink);
        }

        @Override
        public void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) throws IOException {
            hasStarted = true;
            if (summarized.isPresent()) {
                lookThroughLater(summarized.get());
            }
            early.forEach(this::warning);
            sink.started(start, timeline, tablespaces);
        }

        /** PostgreSQL has read later summaries than those that were looked through before. */
        private void lookThroughLater(Lsn until) {
            boolean isRegrown =
                    summaries.isRegrownAfter(until).orElseThrow(UnsureIncrementException::ofUnreadSummaries);
            if (isRegrown) {
                throw UnsureIncrementException.ofRegrownRelation();
            }
            reader.expectChanges(summaries
                    .truncationsAfter(until)
                    .orElseThrow(UnsureIncrementException::ofUnreadSummaries)
                    .shortest());
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
            if (!hasStarted && summarized.isPresent()) {
                early.add(message);
                return;
            }
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
