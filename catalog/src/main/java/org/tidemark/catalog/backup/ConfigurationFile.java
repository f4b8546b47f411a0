// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.PathBytes;
import org.tidemark.store.ObjectKey;

/**
 * A file of a server's configuration. Several are stored as a tar archive, so that {@code tar} reads them on a day when
 * nothing else is at hand. Immutable.
 *
 * @param path absolute, without dots, in the form of {@link PathBytes}
 * @param mode the nine low bits of a Unix mode
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record ConfigurationFile(String path, int mode, Instant modified, byte[] content) {
    private static final int RIGHTS = 0777;

    public ConfigurationFile {
        checkPath(path);
    }

    /** A restore writes below a directory what has this path: it must not lead out. */
    static void checkPath(String path) {
        boolean plain = path.startsWith("/") && path.indexOf('\0') < 0 && path.length() > 1;
        for (String part : path.substring(Math.min(1, path.length())).split("/", -1)) {
            plain &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        }
        if (!plain) {
            throw new IllegalArgumentException("not the path of a file: '" + PathBytes.printable(path) + "'");
        }
    }

    /** The archive of these files; a member's name is the path without its first slash. */
    public static byte[] pack(List<ConfigurationFile> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, StandardCharsets.ISO_8859_1.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
            for (ConfigurationFile file : files) {
                // One character for each byte: so a name that is not UTF-8 stays what it is.
                String name = new String(PathBytes.encode(file.path.substring(1)), StandardCharsets.ISO_8859_1);
                TarArchiveEntry entry = new TarArchiveEntry(name, true);
                entry.setMode(file.mode & RIGHTS);
                entry.setModTime(file.modified.toEpochMilli());
                entry.setSize(file.content.length);
                tar.putArchiveEntry(entry);
                tar.write(file.content);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    /** @param key of the object that held the archive */
    static List<ConfigurationFile> unpack(byte[] archive, ObjectKey key) throws DamagedObjectException {
        List<ConfigurationFile> files = new ArrayList<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new ByteArrayInputStream(archive), StandardCharsets.ISO_8859_1.name())) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (!entry.isFile() || files.size() == StoredConfiguration.MAX_FILES) {
                    throw new IllegalArgumentException("a member is no file, or there are too many");
                }
                files.add(new ConfigurationFile(
                        "/" + PathBytes.decode(entry.getName().getBytes(StandardCharsets.ISO_8859_1)),
                        entry.getMode() & RIGHTS,
                        entry.getLastModifiedTime().toInstant(),
                        tar.readAllBytes()));
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new DamagedObjectException(key, "it is no archive of a configuration: " + e.getMessage(), e);
        }
        return files;
    }
}
