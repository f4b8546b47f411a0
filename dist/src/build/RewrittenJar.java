// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** A jar with other content, which says so, and is the same in each build. */
final class RewrittenJar {
    private static final String NOTE = "META-INF/CHANGED";
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);

    private RewrittenJar() {}

    /** Decides about one entry. */
    @FunctionalInterface
    interface Change {
        /** The content as it is to be: this very array if it stays, and no bytes if the entry is to go. */
        byte[] of(String name, byte[] content) throws IOException;
    }

    /**
     * Replaces {@code jar}; one in which nothing changes stays as it is.
     *
     * @param note what was changed, a sentence for its readers
     */
    static void replace(Path jar, String note, Change change) throws IOException {
        Path fresh = jar.resolveSibling(jar.getFileName() + ".fresh");
        boolean changed = false;
        try (ZipInputStream old = new ZipInputStream(Files.newInputStream(jar));
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(fresh))) {
            for (ZipEntry entry = old.getNextEntry(); entry != null; entry = old.getNextEntry()) {
                byte[] content = old.readAllBytes();
                byte[] written = change.of(entry.getName(), content);
                changed |= written != content;
                if (written.length > 0 || content.length == 0) {
                    put(out, entry.getName(), written);
                }
            }
            if (changed) {
                put(out, NOTE, (note + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        if (changed) {
            Files.move(fresh, jar, StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.delete(fresh);
        }
    }

    private static void put(ZipOutputStream out, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        out.putNextEntry(entry);
        out.write(content);
        out.closeEntry();
    }
}
