// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why a file could not be read or written, in a few words: the JDK's exceptions often say only the path. */
public final class FileProblem {
    private FileProblem() {}

    public static String of(IOException problem) {
        return switch (problem) {
            case NoSuchFileException e -> "there is no such file";
            case AccessDeniedException e -> "permission denied";
            case NotDirectoryException e -> "not a directory";
            case FileAlreadyExistsException e -> "it exists already";
            case CharacterCodingException e -> "not UTF-8";
            case FileSystemException e when e.getReason() != null -> e.getReason();
            default -> String.valueOf(problem.getMessage());
        };
    }

    /**
     * Whether the disk, or the user's quota of it, is full. Java tells that only by the text of the kernel, in the
     * language of the process.
     */
    public static boolean isFull(IOException problem) {
        String reason = of(problem);
        return reason.equals("No space left on device") || reason.equals("Disk quota exceeded");
    }
}
