// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Native libraries in a jar: those of this machine are in {@code native}, where the launcher names them, and those of
 * other systems and processors are of no use to an installation.
 */
final class ForeignParts {
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib|a)");
    /** The same in each build. */
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);

    private ForeignParts() {}

    /** Replaces {@code jar}; one without native libraries stays as it is. */
    static void remove(Path jar) throws IOException {
        Path fresh = jar.resolveSibling(jar.getFileName() + ".fresh");
        boolean changed = false;
        try (ZipInputStream old = new ZipInputStream(Files.newInputStream(jar));
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(fresh))) {
            for (ZipEntry entry = old.getNextEntry(); entry != null; entry = old.getNextEntry()) {
                if (NATIVE.matcher(entry.getName()).matches()) {
                    changed = true;
                    continue;
                }
                ZipEntry kept = new ZipEntry(entry.getName());
                kept.setTimeLocal(TIME);
                out.putNextEntry(kept);
                old.transferTo(out);
            }
        }
        if (changed) {
            Files.move(fresh, jar, StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.delete(fresh);
        }
    }
}
