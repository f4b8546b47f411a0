// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.PageCheck;
import org.tidemark.postgres.RelationFile;
import org.tidemark.postgres.RelationFileCheck;

/** Checks every page of a cluster whose server has stopped: then none of them can be torn. */
final class PageSurvey {
    static final String NAME = "pages";

    private static final int BUFFER_BYTES = 1 << 18;
    private static final int DEEPEST = 5;

    /** Beyond each position of WAL: no page is excused by a later change. */
    private static final Lsn AFTER_ALL = new Lsn(-1);

    private PageSurvey() {}

    /** The server must have been shut down. */
    static Judgement of(Path data) throws IOException, InterruptedException {
        ControlFile control = ControlFile.read(data);
        PageCheck check = new PageCheck(control.layout().pageSize(), control.dataChecksumVersion(), AFTER_ALL);
        long pages = 0;
        for (String part : List.of("base", "global", "pg_tblspc")) {
            try (Stream<Path> files = Files.find(
                    data.resolve(part), DEEPEST, (_, file) -> file.isRegularFile(), FileVisitOption.FOLLOW_LINKS)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Optional<RelationFile> relation =
                            RelationFile.of(data.relativize(file).toString());
                    if (relation.isPresent() && !isRebuilt(String.valueOf(file.getFileName()))) {
                        RelationFileCheck.Result result = read(file, relation.get(), check, control);
                        if (result.findingsCount() > 0) {
                            return Judgement.failed(
                                    NAME, Fault.BACKUP, damage(result.findings().getFirst()));
                        }
                        pages += result.pages();
                    }
                }
            }
        }
        return Judgement.passed(
                NAME,
                Amounts.count(pages, "page is", "pages are") + " sound"
                        + (control.dataChecksumVersion() == 0
                                ? "; only their headers were checked: the cluster has no page checksums"
                                : ""));
    }

    /** PostgreSQL takes a damaged page of these forks for an empty one (RBM_ZERO_ON_ERROR), and WAL mends neither. */
    private static boolean isRebuilt(String file) {
        return file.contains("_fsm") || file.contains("_vm");
    }

    private static String damage(RelationFileCheck.Finding first) {
        String reason = switch (first.verdict()) {
            case PageCheck.PageVerdict.Damaged damaged -> damaged.reason();
            case PageCheck.PageVerdict.Undecided undecided -> undecided.reason();
            case PageCheck.PageVerdict.Sound sound -> sound.toString();
        };
        return "page " + first.block() + " of '" + first.path() + "' is damaged: " + reason;
    }

    private static RelationFileCheck.Result read(Path file, RelationFile relation, PageCheck check, ControlFile control)
            throws IOException, InterruptedException {
        RelationFileCheck pages =
                new RelationFileCheck(relation, check, control.layout().relationSegmentPages());
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                pages.update(buffer, 0, length);
            }
        }
        return pages.finish();
    }
}
