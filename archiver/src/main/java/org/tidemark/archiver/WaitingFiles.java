// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What PostgreSQL is going to hand over after a file: it waits for archive_command, and its disk fills meanwhile.
 * Thread-safe.
 *
 * @param status the directory where PostgreSQL marks what is ready; it need not exist
 * @param ofThisFile the mark of the file that is pushed now
 */
record WaitingFiles(Path status, String ofThisFile) {
    private static final String READY = ".ready";

    static WaitingFiles besides(PushRequest request) {
        return new WaitingFiles(
                request.path().resolveSibling("archive_status"), request.path().getFileName() + READY);
    }

    /** Whether there is one at least. */
    boolean any() {
        if (!Files.isDirectory(status)) {
            return false;
        }
        try (DirectoryStream<Path> marks = Files.newDirectoryStream(status, "*" + READY)) {
            for (Path mark : marks) {
                if (!String.valueOf(mark.getFileName()).equals(ofThisFile)) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            return true; // nothing is lost by being quick
        }
    }
}
