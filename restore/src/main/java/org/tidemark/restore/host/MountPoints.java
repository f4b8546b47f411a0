// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.PathBytes;

/**
 * Where file systems are mounted, as this process sees it. A mount point cannot be renamed, and a bind mount of the
 * same file system is one as well: the number of the device does not show it. Immutable.
 *
 * @param paths without links
 */
public record MountPoints(Set<Path> paths) {
    private static final Path OF_THIS_PROCESS = Path.of("/proc/self/mountinfo");
    private static final int PATH = 4;
    private static final int OCTAL = 8;
    private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");

    public MountPoints {
        paths = Set.copyOf(paths);
    }

    /** Those of this process; none where the system does not show them. */
    public static MountPoints ofThisProcess() {
        try {
            return parse(Files.readString(OF_THIS_PROCESS, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return new MountPoints(Set.of());
        }
    }

    /**
     * Those that a text of the kernel names.
     *
     * @param text of mountinfo, each byte as one character
     */
    public static MountPoints parse(String text) {
        Set<Path> paths = new HashSet<>();
        text.lines()
                .map(line -> line.split(" ", -1))
                .filter(fields -> fields.length > PATH)
                .forEach(fields -> paths.add(PathBytes.path(unescaped(fields[PATH]))));
        return new MountPoints(paths);
    }

    /** The kernel writes blanks, tabs, newlines and backslashes as octal numbers. */
    private static String unescaped(String field) {
        String bytes = ESCAPED.matcher(field)
                .replaceAll(
                        octal -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(octal.group(1), OCTAL))));
        return PathBytes.decode(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Whether a file system is mounted there.
     *
     * @param directory without links
     */
    public boolean contains(Path directory) {
        return paths.contains(directory);
    }

    /** One that is below a directory; empty if there is none. */
    public Optional<Path> below(Path directory) {
        return paths.stream()
                .filter(each -> each.startsWith(directory) && !each.equals(directory))
                .min(Path::compareTo);
    }
}
