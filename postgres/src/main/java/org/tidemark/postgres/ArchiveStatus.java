// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;

/**
 * The directory where PostgreSQL marks the WAL files that it is going to hand over to archive_command. Thread-safe.
 *
 * @param directory it need not exist
 */
public record ArchiveStatus(Path directory) {
    private static final String READY = ".ready";
    private static final String DONE = ".done";

    /** The status files of the server whose WAL is in this directory. */
    public static ArchiveStatus of(Path walDirectory) {
        return new ArchiveStatus(walDirectory.resolve("archive_status"));
    }

    /** The names of all files that wait, in order. What vanishes meanwhile may be among them. */
    public TreeSet<String> ready() {
        return marked(READY);
    }

    /** The names of the files that PostgreSQL takes for archived, and has neither removed nor recycled, in order. */
    public TreeSet<String> done() {
        return marked(DONE);
    }

    private TreeSet<String> marked(String ending) {
        TreeSet<String> names = new TreeSet<>();
        String[] marks = directory.toFile().list();
        for (String mark : marks == null ? new String[0] : marks) {
            if (mark.endsWith(ending)) {
                names.add(mark.substring(0, mark.length() - ending.length()));
            }
        }
        return names;
    }

    /** Whether this file waits. */
    public boolean isReady(String file) {
        return Files.exists(directory.resolve(file + READY));
    }

    /** Whether another file than this one waits. If it cannot be told, one does. */
    public boolean isReadyBesides(String file) {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        String own = file + READY;
        try (DirectoryStream<Path> marks = Files.newDirectoryStream(directory)) {
            for (Path each : marks) {
                String mark = String.valueOf(each.getFileName());
                if (mark.endsWith(READY) && !mark.equals(own)) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            return true; // nothing is lost by being quick
        }
    }
}
