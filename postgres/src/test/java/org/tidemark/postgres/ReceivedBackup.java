// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/** Reads a base backup whole, and keeps the checksum of each file as backup_manifest writes it. */
class ReceivedBackup implements BaseBackupReceiver {
    private static final Pattern MANIFEST_FILE =
            Pattern.compile("\"Path\": \"([^\"]+)\", \"Size\": (\\d+).*\"Checksum\": \"([0-9a-f]{8})\"");

    final List<String> events = new ArrayList<>();
    final List<TablespaceInfo> tablespaces = new ArrayList<>();
    final Map<String, String> files = new TreeMap<>();
    final List<ServerMessage> warnings = new ArrayList<>();
    String manifest = "";
    long bytesDone;
    long bytesExpected;
    int reports;

    @Override
    public void started(Lsn start, Timeline timeline, List<TablespaceInfo> list) {
        events.add("started");
        tablespaces.addAll(list);
    }

    @Override
    public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
        events.add(tablespace.isDataDirectory() ? "base" : "tablespace");
        TarArchiveInputStream archive = new TarArchiveInputStream(tar);
        for (TarArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
            if (entry.isFile()) {
                String prefix = tablespace.isDataDirectory() ? "" : "pg_tblspc/" + tablespace.oid() + "/";
                files.put(prefix + entry.getName(), read(archive, entry.getSize()));
            }
        }
    }

    @Override
    public void manifest(InputStream json) throws IOException {
        events.add("manifest");
        manifest = new String(json.readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void progress(long done, long expected) {
        bytesDone = done;
        bytesExpected = expected;
        reports++;
    }

    @Override
    public void warning(ServerMessage message) {
        warnings.add(message);
    }

    /** Path to size and checksum, as PostgreSQL's manifest has them. */
    Map<String, String> manifestFiles() {
        Map<String, String> listed = new LinkedHashMap<>();
        Matcher matcher = MANIFEST_FILE.matcher(manifest);
        while (matcher.find()) {
            listed.put(matcher.group(1), matcher.group(2) + " " + matcher.group(3));
        }
        return new TreeMap<>(listed);
    }

    private static String read(InputStream content, long size) throws IOException {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[50_000];
        long length = 0;
        for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
            checksum.update(buffer, 0, count);
            length += count;
        }
        if (length != size) {
            throw new IOException("an entry of " + size + " bytes had " + length);
        }
        // The manifest prints the checksum's bytes in little-endian order.
        return length + " " + HexFormat.of().toHexDigits(Integer.reverseBytes((int) checksum.getValue()));
    }
}
