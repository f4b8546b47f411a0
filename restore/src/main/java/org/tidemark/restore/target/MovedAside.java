// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.IoAction;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.StartFrom.Move;

/**
 * Renames the directories of a cluster, all of them or none, and makes an empty directory in the place of each.
 * Immutable.
 *
 * @param moves in their order
 * @param owner of the new directories
 */
public record MovedAside(List<Move> moves, FileOwner owner) {
    public MovedAside {
        moves = List.copyOf(moves);
    }

    /**
     * Renames. Durable on return. A process that is killed meanwhile leaves the rest at its place, and the next plan
     * moves that.
     *
     * @param check is run before each directory is renamed; where it fails, all are renamed back
     * @throws UserFacingException if a directory cannot be renamed: then all are at their places; where even that
     *     failed, the message names the others and the hint is what puts them back
     */
    public void apply(IoAction check) throws IOException {
        List<Move> done = new ArrayList<>();
        for (Move each : moves) {
            try {
                check.run();
            } catch (IOException | UserFacingException e) {
                undo(done, String.valueOf(e.getMessage()), e);
                throw e;
            }
            try {
                rename(each.from(), each.to());
                done.add(each);
                DurableFile.sync(each.to().resolveSibling(""));
                owner.makeDirectory(each.from());
            } catch (IOException e) {
                String why = "'" + each.from() + "' cannot be renamed to '" + each.to() + "' and created again: "
                        + FileProblem.of(e);
                undo(done, why, e);
                throw new UserFacingException(
                        ExitCode.RESTORE_REFUSED,
                        why + "; nothing was changed",
                        "Update the cluster with --delta, or restore elsewhere with --to and --tablespace.",
                        e);
            }
        }
    }

    private static void undo(List<Move> done, String why, Exception cause) {
        List<Move> left = new ArrayList<>();
        for (Move each : done.reversed()) {
            try {
                Files.deleteIfExists(each.from());
                rename(each.to(), each.from());
            } catch (IOException e) {
                cause.addSuppressed(e);
                left.add(each);
                continue;
            }
            try {
                DurableFile.sync(each.from().resolveSibling(""));
            } catch (IOException e) {
                cause.addSuppressed(e); // It is at its place again, as far as anybody can see.
            }
        }
        if (!left.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    why + "; and what had been renamed before could not be renamed back: "
                            + String.join(
                                    ", ",
                                    left.stream()
                                            .map(each -> "'" + each.from() + "' is at '" + each.to() + "'")
                                            .toList()),
                    "Put it back before you start the cluster: "
                            + String.join(
                                    "; ",
                                    left.stream()
                                            .flatMap(each -> takenBack(each).stream()
                                                    .skip(Files.exists(each.from(), LinkOption.NOFOLLOW_LINKS) ? 0 : 1))
                                            .toList()),
                    cause);
        }
    }

    /** The lines for a shell that put a directory back; what is in its place stays, under another name. */
    public static List<String> takenBack(Move move) {
        Path from = move.from();
        List<String> commands = new ArrayList<>();
        commands.add(line(from, from.resolveSibling(from.getFileName() + ".restored")));
        commands.add(line(move.to(), from));
        return commands;
    }

    private static String line(Path from, Path to) {
        return "mv -T " + ShellWord.quote(from.toString()) + " " + ShellWord.quote(to.toString());
    }

    /** A rename of Java's replaces an empty directory. */
    private static void rename(Path from, Path to) throws IOException {
        if (Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(from.toString(), to.toString(), "'" + to + "' exists");
        }
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }
}
