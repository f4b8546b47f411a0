// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.BaseBackupReceiver;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.postgres.internal.ProtocolSession.ResultRow;

/**
 * One BASE_BACKUP from the command to ReadyForQuery. After an exception the session is in the middle of an answer. Not
 * thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">BASE_BACKUP</a>
 */
final class BaseBackupRun {
    private static final int TAR_END_BYTES = 1_024;
    private static final long BYTES_BETWEEN_REPORTS = 1 << 20;
    // ERRCODE_DATA_CORRUPTED: the server ends a base backup with this error after page checksum failures.
    private static final String DATA_CORRUPTED = "XX001";

    private final Wire wire;
    private final ProtocolSession session;
    private final BaseBackupOptions options;
    private final BaseBackupReceiver receiver;
    private List<TablespaceInfo> tablespaces = List.of();
    private long bytesExpected;
    private long bytesDone;
    private long bytesReported;
    private boolean answered;

    BaseBackupRun(Wire wire, ProtocolSession session, BaseBackupOptions options, BaseBackupReceiver receiver) {
        this.wire = wire;
        this.session = session;
        this.options = options;
        this.receiver = receiver;
    }

    BaseBackupResult run(int serverVersionNum) throws IOException {
        session.onNotice(receiver::warning);
        wire.await("the base backup's start and its checkpoint", options.startLimit());
        session.send(BaseBackupCommand.text(options, serverVersionNum));
        requireBegin();
        Position start = position(session.rows());
        readTablespaces();
        receiver.started(start.lsn(), start.timeline(), tablespaces);
        wire.await("the base backup's data", options.silenceLimit());
        receiveParts(
                BaseBackupCommand.hasOptionList(serverVersionNum)
                        ? new CopyParts.Single(session)
                        : new CopyParts.Separate(session, tablespaces));
        wire.await("the base backup's end", options.silenceLimit());
        Position end = position(session.result());
        ServerChecksums checksums = completion();
        answered = true;
        return new BaseBackupResult(start.lsn(), start.timeline(), end.lsn(), end.timeline(), checksums);
    }

    /** Whether the whole answer was read, so that the session can be used again. */
    boolean isAnswered() {
        return answered;
    }

    /** Throws an error of the server after the whole answer. */
    private void requireBegin() {
        char type = session.next();
        if (type == ProtocolSession.ERROR) {
            ServerMessage message = session.readMessage();
            if (message.severity().equals("ERROR")) {
                session.expect(ProtocolSession.READY);
                answered = true;
            }
            throw wire.refused(message);
        }
        session.require(type, ProtocolSession.ROW_DESCRIPTION);
    }

    private record Position(Lsn lsn, Timeline timeline) {}

    private Position position(List<ResultRow> rows) {
        if (rows.size() == 1) {
            Optional<String> lsn = rows.getFirst().text(0);
            Optional<String> timeline = rows.getFirst().text(1);
            try {
                return new Position(Lsn.parse(lsn.orElse("")), new Timeline(Integer.parseInt(timeline.orElse(""))));
            } catch (IllegalArgumentException e) {
                throw session.violated("a position of " + lsn + " on timeline " + timeline);
            }
        }
        throw session.violated(rows.size() + " rows for one position");
    }

    private void readTablespaces() {
        List<TablespaceInfo> list = new ArrayList<>();
        for (ResultRow row : session.result()) {
            try {
                TablespaceInfo tablespace = new TablespaceInfo(
                        Long.parseLong(row.text(0).orElse("0")),
                        row.text(1).orElse(""),
                        Long.parseLong(row.text(2).orElse("0")));
                list.add(tablespace);
                bytesExpected += tablespace.sizeKib() * 1_024;
            } catch (IllegalArgumentException e) {
                throw session.violated("a tablespace " + row.text(0) + " of size " + row.text(2));
            }
        }
        if (list.stream().filter(TablespaceInfo::isDataDirectory).count() != 1) {
            throw session.violated("a list of tablespaces without the data directory");
        }
        tablespaces = List.copyOf(list);
    }

    private void receiveParts(CopyParts parts) throws IOException {
        List<TablespaceInfo> left = new ArrayList<>(tablespaces);
        boolean manifest = false;
        while (true) {
            switch (parts.nextPart()) {
                case CopyParts.Part.Archive(long oid) -> {
                    TablespaceInfo tablespace = left.stream()
                            .filter(each -> each.oid() == oid)
                            .findFirst()
                            .orElseThrow(() -> session.violated("an archive of tablespace " + oid + " out of turn"));
                    left.remove(tablespace);
                    receiveArchive(parts, tablespace);
                }
                case CopyParts.Part.Manifest() -> {
                    manifest = true;
                    PartStream json = new PartStream(parts, session.messages(), 0, _ -> {});
                    receiver.manifest(json);
                    json.finish();
                }
                case CopyParts.Part.End() -> {
                    if (!left.isEmpty() || !manifest) {
                        throw session.violated("the end of a base backup before every archive and the manifest came");
                    }
                    return;
                }
            }
        }
    }

    private void receiveArchive(CopyParts parts, TablespaceInfo tablespace) throws IOException {
        PartStream tar =
                new PartStream(parts, session.messages(), parts.lacksTarEnd() ? TAR_END_BYTES : 0, this::count);
        receiver.archive(tablespace, tar);
        tar.finish();
        report();
    }

    private void count(int bytes) {
        bytesDone += bytes;
        if (bytesDone - bytesReported >= BYTES_BETWEEN_REPORTS) {
            report();
        }
    }

    private void report() {
        bytesReported = bytesDone;
        receiver.progress(bytesDone, bytesExpected);
    }

    /** Reads the message after the end position: completion, or the error that reports damaged pages. */
    private ServerChecksums completion() {
        ServerChecksums checksums = ServerChecksums.NO_FAILURE;
        char type = session.next();
        if (type == ProtocolSession.ERROR) {
            ServerMessage message = session.readMessage();
            if (!message.sqlState().equals(DATA_CORRUPTED)
                    || !message.severity().equals("ERROR")) {
                throw wire.refused(message);
            }
            receiver.warning(message);
            checksums = ServerChecksums.FAILURE;
        } else {
            session.require(type, ProtocolSession.COMMAND_COMPLETE);
        }
        session.expect(ProtocolSession.READY);
        return checksums;
    }

    /**
     * The text of BASE_BACKUP in both of its grammars (PostgreSQL: src/backend/replication/repl_gram.y of 14 and of
     * 15).
     */
    private static final class BaseBackupCommand {
        private static final int FIRST_WITH_OPTION_LIST = 150_000;

        private BaseBackupCommand() {}

        /** Whether this server accepts an option list in parentheses and sends all archives in one copy. */
        static boolean hasOptionList(int serverVersionNum) {
            return serverVersionNum >= FIRST_WITH_OPTION_LIST;
        }

        static String text(BaseBackupOptions options, int serverVersionNum) {
            String label = "LABEL '" + options.label().replace("'", "''") + "'";
            return hasOptionList(serverVersionNum) ? optionList(options, label) : wordList(options, label);
        }

        private static String optionList(BaseBackupOptions options, String label) {
            List<String> words = new ArrayList<>(List.of(
                    label,
                    "PROGRESS",
                    options.checkpoint() == Checkpoint.FAST ? "CHECKPOINT 'fast'" : "CHECKPOINT 'spread'",
                    "WAIT false",
                    "TABLESPACE_MAP",
                    "MANIFEST 'yes'",
                    "MANIFEST_CHECKSUMS 'CRC32C'"));
            options.maxRateKib().ifPresent(rate -> words.add("MAX_RATE " + rate));
            if (options.incremental()) {
                words.add("INCREMENTAL");
            }
            return "BASE_BACKUP (" + String.join(", ", words) + ")";
        }

        private static String wordList(BaseBackupOptions options, String label) {
            List<String> words = new ArrayList<>(List.of(label, "PROGRESS"));
            if (options.checkpoint() == Checkpoint.FAST) {
                words.add("FAST");
            }
            words.add("NOWAIT");
            options.maxRateKib().ifPresent(rate -> words.add("MAX_RATE " + rate));
            words.addAll(List.of("TABLESPACE_MAP", "MANIFEST 'yes'", "MANIFEST_CHECKSUMS 'CRC32C'"));
            return "BASE_BACKUP " + String.join(" ", words);
        }
    }
}
