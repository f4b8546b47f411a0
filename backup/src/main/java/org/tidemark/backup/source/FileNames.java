// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Reads file names as UTF-8, whatever the encoding of this process is. */
final class FileNames {
    private FileNames() {}

    /**
     * Decodes a name.
     *
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if they are not UTF-8
     */
    static String utf8(byte[] name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the name of '" + escaped(name) + "' in the data directory is not UTF-8; there is no backup",
                    "PostgreSQL makes no such file: rename it, or move it out of the data directory. Find it with:"
                            + " LC_ALL=C find DIRECTORY -name '*[! -~]*'",
                    e);
        }
    }

    /**
     * The file name of a path. Outside of a UTF-8 locale, Java can open such a file but not print its name.
     *
     * @param directory its directory, for messages
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if it is not UTF-8
     */
    static String last(Path path, String directory) {
        String text = String.valueOf(path.getFileName());
        if (isPlain(text)) {
            return text;
        }
        String prefix = directory.isEmpty() ? "" : directory + "/";
        byte[] all = bytes(path);
        int slash = all.length - 1;
        while (all[slash] != '/') {
            slash--;
        }
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        name.writeBytes(prefix.getBytes(StandardCharsets.UTF_8));
        name.write(all, slash + 1, all.length - slash - 1);
        return utf8(name.toByteArray()).substring(prefix.length());
    }

    /** An absolute path as text. */
    static String utf8(Path path) {
        String text = path.toString();
        return isPlain(text) ? text : utf8(bytes(path));
    }

    static boolean isPlain(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c < 0x7F);
    }

    // Only the URI of a path shows its bytes: each special one as %xx.
    private static byte[] bytes(Path path) {
        String uri = path.toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int at = 0; at < uri.length(); at++) {
            if (uri.charAt(at) == '%') {
                bytes.write(Integer.parseInt(uri.substring(at + 1, at + 3), 16));
                at += 2;
            } else {
                bytes.write(uri.charAt(at));
            }
        }
        byte[] all = bytes.toByteArray();
        // The URI of a directory ends with a slash.
        int end = all.length > 1 && all[all.length - 1] == '/' ? all.length - 1 : all.length;
        return Arrays.copyOf(all, end);
    }

    /** {@code caf\xe9.txt}, as a shell's $'...' takes it. */
    private static String escaped(byte[] name) {
        StringBuilder text = new StringBuilder();
        for (byte each : name) {
            text.append(each >= ' ' && each < 0x7F ? String.valueOf((char) each) : String.format("\\x%02x", each));
        }
        return text.toString();
    }
}
