// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.UnsyncedFile;

/**
 * The settings that the files gave, in a form that is read in a millisecond: the TOML parser costs more than the rest
 * of a WAL command's start. The cache is in the default spool directory, with mode 0600. It is valid only while every
 * configuration file is unchanged, including those that did not exist. An invalid or damaged cache is ignored.
 */
final class ConfigurationCache {
    private static final String FIRST_LINE = "TIDEMARK-CONFIGURATION 1";
    /** A file that changed more recently than this may change again without a difference in its times. */
    private static final long SETTLED_MILLIS = 2000;

    private static final int MAX_BYTES = 1 << 20;

    private final Path file;

    /** The settings of all clusters. */
    ConfigurationCache(Environment environment, List<Path> candidates) {
        CRC32C name = new CRC32C();
        for (Path candidate : candidates) {
            name.update((candidate + "\n").getBytes(StandardCharsets.UTF_8));
        }
        this.file = SpoolDirectory.withoutConfiguration(environment)
                .resolve("configuration-" + Long.toHexString(name.getValue()));
    }

    /** The settings of one cluster, where something else in the files is wrong. */
    ConfigurationCache(Environment environment, List<Path> candidates, ClusterName cluster) {
        Path ofAll = new ConfigurationCache(environment, candidates).file;
        this.file = ofAll.resolveSibling(ofAll.getFileName() + "-" + cluster);
    }

    Path file() {
        return file;
    }

    /** The cached settings, if they belong to exactly these files in their present state. */
    Optional<List<Setting>> read(List<FileStamp> stamps) {
        try {
            return isUsable() ? FlatSettings.read(Files.readAllBytes(file), header(stamps)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The cached settings, whatever has happened to the files since. */
    Optional<Earlier> readEarlier() {
        try {
            if (!isUsable()) {
                return Optional.empty();
            }
            Instant written = Files.getLastModifiedTime(file).toInstant();
            return FlatSettings.readAny(Files.readAllBytes(file)).map(settings -> new Earlier(settings, written));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The settings that the files had at a time. Immutable. */
    record Earlier(List<Setting> settings, Instant written) {}

    private boolean isUsable() throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= MAX_BYTES && isOnlyOurs();
    }

    private boolean isOnlyOurs() throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        Object owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        return permissions.equals(EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE))
                && owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /** Writes the cache where possible; a missing cache costs only time. */
    void write(List<FileStamp> stamps, List<Setting> settings, Clock clock) {
        for (FileStamp stamp : stamps) {
            if (stamp.changedMillis() > clock.millis() - SETTLED_MILLIS) {
                return;
            }
        }
        try {
            replace(FlatSettings.write(settings, header(stamps)));
        } catch (IOException | UnsupportedOperationException e) {
            // Invalidates the cache: the next command reads the files again.
        }
    }

    private void replace(byte[] bytes) throws IOException {
        if (bytes.length <= MAX_BYTES) {
            UnsyncedFile.replace(file, bytes); // after a crash the checksum fails, and the files are read again
        }
    }

    private static List<String> header(List<FileStamp> stamps) {
        List<String> lines = new ArrayList<>();
        lines.add(FIRST_LINE);
        for (FileStamp stamp : stamps) {
            lines.add("file " + stamp.text() + " " + stamp.path());
        }
        return lines;
    }

    /**
     * Settings as lines of text: a header, then one line for each setting with its fields between tabs, then a checksum
     * of everything before it. A backslash stands before what would end a field.
     */
    private static final class FlatSettings {
        private static final String LAST = "crc32c ";

        private FlatSettings() {}

        static byte[] write(List<Setting> settings, List<String> header) {
            StringBuilder text = new StringBuilder();
            for (String line : header) {
                text.append(escaped(line)).append('\n');
            }
            for (Setting setting : settings) {
                text.append(escaped(setting.origin().text())).append('\t').append(escaped(setting.value()));
                for (String part : setting.key().parts()) {
                    text.append('\t').append(escaped(part));
                }
                text.append('\n');
            }
            byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
            text.append(LAST).append(checksum(body, body.length)).append('\n');
            return text.toString().getBytes(StandardCharsets.UTF_8);
        }

        /** The settings, if the text is whole and begins with exactly this header. */
        static Optional<List<Setting>> read(byte[] bytes, List<String> header) {
            String body = body(bytes);
            return body.isEmpty() ? Optional.empty() : parse(body, header);
        }

        /** The settings, if the text is whole, with any header. */
        static Optional<List<Setting>> readAny(byte[] bytes) {
            String body = body(bytes);
            List<String> header = new ArrayList<>();
            for (String line : body.split("\n", -1)) {
                if (!line.equals(FIRST_LINE) && (header.isEmpty() || !line.startsWith("file "))) {
                    break;
                }
                header.add(String.join("\t", fields(line)));
            }
            return header.isEmpty() ? Optional.empty() : parse(body, header);
        }

        /** Without the checksum; empty if that differs. */
        private static String body(byte[] bytes) {
            String text = new String(bytes, StandardCharsets.UTF_8);
            int end = text.lastIndexOf(LAST);
            if (end < 1 || text.charAt(end - 1) != '\n') {
                return "";
            }
            byte[] body = text.substring(0, end).getBytes(StandardCharsets.UTF_8);
            return text.substring(end).equals(LAST + checksum(body, body.length) + "\n") ? text.substring(0, end) : "";
        }

        private static Optional<List<Setting>> parse(String body, List<String> header) {
            List<Setting> settings = new ArrayList<>();
            int line = 0;
            int start = 0;
            while (start < body.length()) {
                int newLine = body.indexOf('\n', start);
                String content = body.substring(start, newLine);
                if (line < header.size()) {
                    if (!content.equals(escaped(header.get(line)))) {
                        return Optional.empty();
                    }
                } else {
                    List<String> fields = fields(content);
                    if (fields.size() < 3) {
                        return Optional.empty();
                    }
                    settings.add(new Setting(
                            new SettingKey(fields.subList(2, fields.size())),
                            fields.get(1),
                            new Origin(fields.get(0))));
                }
                line++;
                start = newLine + 1;
            }
            return line < header.size() ? Optional.empty() : Optional.of(settings);
        }

        private static List<String> fields(String line) {
            List<String> fields = new ArrayList<>();
            StringBuilder field = new StringBuilder();
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (c == '\t') {
                    fields.add(field.toString());
                    field.setLength(0);
                } else if (c == '\\' && i + 1 < line.length()) {
                    i++;
                    char escape = line.charAt(i);
                    field.append(escape == 'n' ? '\n' : escape == 't' ? '\t' : escape);
                } else {
                    field.append(c);
                }
            }
            fields.add(field.toString());
            return fields;
        }

        private static String escaped(String text) {
            return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
        }

        private static String checksum(byte[] bytes, int length) {
            CRC32C checksum = new CRC32C();
            checksum.update(bytes, 0, length);
            return Long.toHexString(checksum.getValue());
        }
    }
}
