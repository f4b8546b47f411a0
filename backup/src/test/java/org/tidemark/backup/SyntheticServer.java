// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupReceiver;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.ManifestChecksum;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.PostgresManifestWriter;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.postgres.WalSender;
import org.tidemark.postgres.WalStream;

/** A server of a few files that answers at once, for tests that take very many backups. */
final class SyntheticServer implements ReplicationConnection {
    private static final int PAGE = 8192;

    static final Timeline TIMELINE = new Timeline(2);
    static final Lsn START = Lsn.parse("0/2000028");
    static final Lsn STOP = Lsn.parse("0/2100100");
    static final TablespaceInfo TABLESPACE = new TablespaceInfo(16384, "/mnt/fast", 1);

    private final SystemIdentifier system;
    /** By path; a name that ends with a slash is a directory. */
    final Map<String, byte[]> files = new LinkedHashMap<>();

    final Map<String, byte[]> listed = new LinkedHashMap<>();

    final List<ServerMessage> warnings = new ArrayList<>();

    /** @param control the content of a control file of PostgreSQL 15 */
    SyntheticServer(SystemIdentifier system, byte[] control) {
        this.system = system;
        files.put(
                "backup_label",
                ("START WAL LOCATION: " + START + " (file 000000020000000000000020)\n"
                                + "CHECKPOINT LOCATION: 0/2000060\nBACKUP METHOD: streamed\nBACKUP FROM: primary\n"
                                + "START TIME: 2026-11-20 06:30:11 UTC\nLABEL: tidemark\nSTART TIMELINE: 2\n")
                        .getBytes(StandardCharsets.UTF_8));
        tablespaceFiles.put("PG_15_202209061/", new byte[0]);
        tablespaceFiles.put("PG_15_202209061/7/", new byte[0]);
        tablespaceFiles.put("PG_15_202209061/7/16385x", new byte[] {1, 2, 3});
        files.put("base/", new byte[0]);
        files.put("base/1/", new byte[0]);
        files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.UTF_8));
        files.put("base/1/PG_VERSION", "15\n".getBytes(StandardCharsets.UTF_8));
        files.put("base/1/pg_filenode.map", new byte[512]);
        files.put("empty", new byte[0]);
        files.put("pg_tblspc/", new byte[0]);
        files.put("pg_wal/", new byte[0]);
        files.put("./pg_wal/archive_status/", new byte[0]);
        files.put("global/", new byte[0]);
        files.put("global/pg_filenode.map", new byte[512]);
        files.put("global/pg_control", control);
        for (String directory : List.of(
                "commit_ts",
                "dynshmem",
                "logical",
                "logical/mappings",
                "logical/snapshots",
                "multixact",
                "multixact/members",
                "multixact/offsets",
                "notify",
                "replslot",
                "serial",
                "snapshots",
                "subtrans",
                "twophase",
                "xact")) {
            files.put("pg_" + directory + "/", new byte[0]);
        }
    }

    /** What is in {@link #TABLESPACE}. */
    final Map<String, byte[]> tablespaceFiles = new LinkedHashMap<>();

    /** The history of {@link #TIMELINE}. */
    static final String HISTORY = "1\t0/1800000\tno recovery target specified\n";

    String history = HISTORY;

    @Override
    public WalSender walSender() {
        return new WalSender(new ServerAddress("localhost", 5432), 1);
    }

    @Override
    public SystemIdentity identifySystem() {
        return new SystemIdentity(system, TIMELINE, STOP);
    }

    /** Of how many files the last base backup sent what had changed. */
    long changesSent;

    /** How often BASE_BACKUP was run. */
    int backups;

    /** Whether it is of a version that can send what has changed. */
    boolean summarizes;

    /** The files at the last base backup. */
    private Map<String, byte[]> earlier = Map.of();

    private Set<String> uploaded = Set.of();

    @Override
    public String show(String name) {
        return switch (name) {
            case "summarize_wal" -> "on";
            case "wal_segment_size" -> "1MB";
            case "block_size" -> "8192";
            case "segment_size" -> "1GB";
            case "data_checksums", "in_hot_standby" -> "off";
            case "archive_mode" -> "on";
            case "archive_command" -> "tidemark wal-push %p";
            case "archive_library" -> "";
            default -> throw new IllegalArgumentException(name);
        };
    }

    @Override
    public int serverVersionNum() {
        return summarizes ? 170_006 : 150_019;
    }

    @Override
    public Optional<byte[]> timelineHistory(Timeline timeline) {
        return Optional.of(history.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void createSlot(String name, WalStream.SlotLife life) {
        throw new UnsupportedOperationException("a backup needs no slot");
    }

    @Override
    public void dropSlot(String name) {
        throw new UnsupportedOperationException("a backup needs no slot");
    }

    @Override
    public Optional<Lsn> slotStart(String name) {
        throw new UnsupportedOperationException("a backup needs no slot");
    }

    @Override
    public WalStream startReplication(WalStream.Start start) {
        throw new UnsupportedOperationException("a backup streams no WAL");
    }

    @Override
    public void uploadManifest(EarlierManifest manifest) throws IOException {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        manifest.writeTo(json);
        uploaded = new HashSet<>();
        PostgresManifest read = PostgresManifest.read(
                new ByteArrayInputStream(json.toByteArray()), "uploaded", file -> uploaded.add(file.path()));
        assertThat(read.walRanges()).containsExactly(new WalRange(TIMELINE, START, STOP));
    }

    /** The file itself, or what has changed in it, as PostgreSQL decides. */
    private Map.Entry<String, byte[]> sent(String path, byte[] content) {
        byte[] before = earlier.getOrDefault(path, new byte[0]);
        int pages = content.length / PAGE;
        List<Integer> changed = IntStream.range(0, pages)
                .filter(page -> !Arrays.equals(page(content, page), page(before, page)))
                .boxed()
                .toList();
        if (!uploaded.contains(path)
                || content.length % PAGE != 0
                || content.length == 0
                || changed.size() * 10 > pages * 9) {
            return Map.entry(path, content);
        }
        int header = 12 + 4 * changed.size();
        ByteBuffer sent = ByteBuffer.allocate(
                        changed.isEmpty() ? header : (header + PAGE - 1) / PAGE * PAGE + changed.size() * PAGE)
                .order(ByteOrder.LITTLE_ENDIAN);
        sent.putInt(0xD3AE1F0D).putInt(changed.size()).putInt(pages);
        changed.forEach(sent::putInt);
        sent.position(sent.capacity() - changed.size() * PAGE);
        changed.forEach(page -> sent.put(page(content, page)));
        int name = path.lastIndexOf('/') + 1;
        return Map.entry(path.substring(0, name) + "INCREMENTAL." + path.substring(name), sent.array());
    }

    /** A page that the file does not have is zero. */
    private static byte[] page(byte[] content, int page) {
        byte[] found = new byte[PAGE];
        int from = Math.min(content.length, page * PAGE);
        System.arraycopy(content, from, found, 0, Math.min(PAGE, content.length - from));
        return found;
    }

    @Override
    public BaseBackupResult baseBackup(BaseBackupOptions options, BaseBackupReceiver receiver) throws IOException {
        backups++;
        Map<String, byte[]> files = new LinkedHashMap<>(this.files);
        if (options.incremental()) {
            files.clear();
            this.files.forEach((path, content) -> {
                Map.Entry<String, byte[]> sent = sent(path, content);
                files.put(sent.getKey(), sent.getValue());
            });
            files.computeIfPresent(
                    "backup_label",
                    (_, label) -> (new String(label, StandardCharsets.UTF_8) + "INCREMENTAL FROM LSN: " + START
                                    + "\nINCREMENTAL FROM TLI: 2\n")
                            .getBytes(StandardCharsets.UTF_8));
        }
        changesSent = files.keySet().stream()
                .filter(path -> path.contains("INCREMENTAL."))
                .count();
        earlier = new LinkedHashMap<>(this.files);
        uploaded = Set.of();
        TablespaceInfo data = new TablespaceInfo(0, "", 1);
        receiver.started(START, TIMELINE, List.of(TABLESPACE, data));
        warnings.forEach(receiver::warning);
        receiver.archive(TABLESPACE, new ByteArrayInputStream(tar(tablespaceFiles)));
        receiver.archive(data, new ByteArrayInputStream(tar(files)));
        Map<String, byte[]> all = new LinkedHashMap<>(files);
        tablespaceFiles.forEach((path, content) -> all.put(TABLESPACE.path() + "/" + path, content));
        all.putAll(listed);
        receiver.manifest(new ByteArrayInputStream(manifest(all)));
        receiver.progress(1, 1);
        return new BaseBackupResult(START, TIMELINE, STOP, TIMELINE, BaseBackupResult.ServerChecksums.NO_FAILURE);
    }

    private static byte[] tar(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
                entry.setSize(file.getValue().length);
                entry.setModTime(1_763_620_211_000L);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private byte[] manifest(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PostgresManifestWriter writer =
                new PostgresManifestWriter(bytes, summarizes ? Optional.of(system) : Optional.empty());
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            if (!file.getKey().endsWith("/")) {
                CRC32C crc = new CRC32C();
                crc.update(file.getValue());
                writer.add(new PostgresManifest.File(
                        file.getKey(),
                        file.getValue().length,
                        Instant.EPOCH,
                        Optional.of(ManifestChecksum.ofCrc32c((int) crc.getValue()))));
            }
        }
        writer.finish(List.of(new WalRange(TIMELINE, START, STOP)));
        return bytes.toByteArray();
    }

    @Override
    public void cancel() {}

    @Override
    public void close() {}
}
