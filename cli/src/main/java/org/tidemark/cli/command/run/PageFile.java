// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;

/** A file with a page or a picture. Every user of the host may read a new one; one that is there keeps its mode. */
final class PageFile {
    private static final int RIGHTS = 0644;

    private PageFile() {}

    /**
     * Replaces it whole, so that who reads it meanwhile has the old one.
     *
     * @param file by the working directory
     * @return where it is
     */
    static Path write(CommandContext context, Path file, String text) {
        Path place = context.environment().workingDirectory().resolve(file).normalize();
        try {
            boolean isThere = Files.exists(place, LinkOption.NOFOLLOW_LINKS);
            if (isThere && !Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
                throw new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "'" + place + "' is no regular file",
                        "Name a file that does not exist yet, or one that is to be replaced.");
            }
            DurableFile.Rights rights = DurableFile.mode(RIGHTS);
            if (isThere) {
                Set<PosixFilePermission> kept = Files.getPosixFilePermissions(place);
                rights = each -> Files.setPosixFilePermissions(each, kept);
            }
            DurableFile.replace(place, text.getBytes(StandardCharsets.UTF_8), rights);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot write '" + place + "': " + FileProblem.of(e),
                    "Name a file in a directory where this user may write.",
                    e);
        }
        return place;
    }
}
