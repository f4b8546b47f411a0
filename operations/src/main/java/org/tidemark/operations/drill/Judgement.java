// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.catalog.backup.DrillEvidence.Answer;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;

/**
 * What a drill found out. Immutable.
 *
 * @param name of what was judged
 * @param fault whose fault a failure is; empty if it has passed
 * @param detail for people
 * @param answer of a question about a past that does not change, if it was not another one than before
 * @param asked the digest of a question and of what it expects; empty for all others
 */
public record Judgement(
        String name, Optional<Fault> fault, String detail, Optional<Answer> answer, Optional<Sha256> asked) {
    /** What the name of the judgement of a question begins with. */
    static final String QUESTION = "question ";

    /** Of what a starting server says, this is not about the data. */
    private static final Pattern OF_THE_HOST = Pattern.compile(
            "could not access file|could not load library|incompatible library|No space left|quota exceeded"
                    + "|Permission denied|Read-only file system|Too many open files|could not fork"
                    + "|out of memory|Cannot allocate memory|terminated by signal 9|shared memory|semaphores"
                    + "|locale is incompatible|could not create locale|database files are incompatible"
                    + "|insufficient parameter settings|unrecognized configuration parameter"
                    + "|invalid value for parameter|collation \".*\" (for encoding|has|version)|no entry in pg_hba"
                    + "|role \".*\" does not exist|database \".*\" does not exist|too many clients"
                    + "|does not exist in the system|Unix-domain socket");

    /** Such as the file of a foreign table. */
    private static final Pattern OUTSIDE = Pattern.compile("could not open file \"/");

    /** PostgreSQL's own words where the WAL does not lead on. */
    private static final Pattern OF_THE_WAL =
            Pattern.compile("recovery ended before configured recovery target|could not restore file|from archive"
                    + "|the restored cluster could not fetch its WAL"
                    + "|different database system|wal_level=minimal|invalid checkpoint record|requested timeline"
                    + "|could not locate required checkpoint|WAL ends before|could not find redo location");

    /** Whose fault a failure is; what concerns the data comes first. */
    public enum Fault {
        BACKUP("the backup", "Verify the backups with: tidemark verify"),
        WAL("the WAL", "See which WAL is missing or damaged with: tidemark wal-verify"),
        HOST("this host", "The backup is not to blame. Correct what is named on this host, and repeat the drill."),
        QUESTION("the question", "Is what the question expects still right? See [drill.question.NAME]."),
        TIME_LIMIT("the time limit", "Does this host have enough memory and disk throughput? Repeat the drill.");

        private final String text;
        private final String hint;

        Fault(String text, String hint) {
            this.text = text;
            this.hint = hint;
        }

        /** The fault of this word, as evidence has it. */
        public static Optional<Fault> of(String word) {
            return Arrays.stream(values())
                    .filter(each -> each.word().equals(word))
                    .findFirst();
        }

        /** In documents: {@code time-limit}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** After what has failed, such as {@code by the WAL}. */
        public String blame() {
            return this == QUESTION ? "not answered as expected" : "by " + text;
        }

        /** What an operator does now. */
        public String hint() {
            return hint;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    public static Judgement passed(String name, String detail) {
        return new Judgement(name, Optional.empty(), detail, Optional.empty(), Optional.empty());
    }

    /** A question was answered what drills to come must be answered, too. */
    static Judgement passed(String name, String detail, Answer answer) {
        return new Judgement(name, Optional.empty(), detail, Optional.of(answer), Optional.empty());
    }

    public static Judgement failed(String name, Fault fault, String detail) {
        return new Judgement(name, Optional.of(fault), detail, Optional.empty(), Optional.empty());
    }

    /** The same, of a question with this digest. */
    Judgement asked(Sha256 question) {
        return new Judgement(name, fault, detail, answer, Optional.of(question));
    }

    /**
     * What ended a drill.
     *
     * @return empty if it says nothing of the backup: a store does not answer, the user has interrupted it
     */
    public static Optional<Judgement> of(String name, UserFacingException end) {
        return fault(end).map(fault -> failed(name, fault, end.getMessage()));
    }

    private static Optional<Fault> fault(UserFacingException end) {
        return switch (end.exitCode()) {
            case DAMAGED, UNKNOWN_FORMAT, DAMAGED_PAGES -> Optional.of(Fault.BACKUP);
            case WAL_MISSING, WAL_REFUSED, WAL_CONFLICT, WRONG_CLUSTER, TARGET_UNREACHABLE, COULD_NOT_TELL ->
                Optional.of(Fault.WAL);
            case LOCAL_FILES, NO_KEY -> Optional.of(Fault.HOST);
            case TIMED_OUT -> Optional.of(Fault.TIME_LIMIT);
            case RESTORE_REFUSED, POSTGRES_REFUSED, POSTGRES_UNAVAILABLE -> Optional.of(ofServer(end.getMessage()));
            case DONE, NO, USAGE, STORE_UNAVAILABLE, STORE_DENIED, NO_REPOSITORY, OTHER_REPOSITORY, STORE_FULL ->
                Optional.empty();
            case BACKUP_FAILED, WAL_NOT_ARCHIVED, NO_BACKUP, SPOOL_FULL, INTERNAL, INTERRUPTED, JAVA_FAILED ->
                Optional.empty();
        };
    }

    /** Whose fault it is that a server ended or refused something: its log has no other form than sentences. */
    static Fault ofServer(String message) {
        if (OF_THE_HOST.matcher(message).find()) {
            return Fault.HOST;
        }
        return OF_THE_WAL.matcher(message).find() ? Fault.WAL : Fault.BACKUP;
    }

    /** Whose fault it is that a query could not read a file. Those of the copy are named from its data directory on. */
    static Fault ofFiles(String message) {
        return OUTSIDE.matcher(message).find() ? Fault.HOST : ofServer(message);
    }

    /** Whether all of them passed. */
    public static boolean isProven(List<Judgement> judgements) {
        return judgements.stream().allMatch(Judgement::isPassed);
    }

    /** Whether a judgement of this name is of a question. */
    static boolean isOfAQuestion(String name) {
        return name.startsWith(QUESTION);
    }

    /** Of a question, the detail has the answer. */
    boolean isOfAQuestion() {
        return isOfAQuestion(name);
    }

    public boolean isPassed() {
        return fault.isEmpty();
    }
}
