// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Judged;
import org.tidemark.core.Amounts;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.operations.drill.DrillProof.Asked;
import org.tidemark.operations.drill.DrillProof.DrilledBackup;
import org.tidemark.operations.drill.DrillProof.HeldChain;
import org.tidemark.operations.drill.DrillProof.Verdict;
import org.tidemark.operations.drill.DrilledTime.Stretch;
import org.tidemark.operations.drill.Judgement.Fault;

/** The sentences that {@code proof} and a report say of the same drills. */
public final class ProofWords {
    /** More are read better on the page. */
    private static final int MOST_STRETCHES = 5;

    /** More are in the JSON document. */
    private static final int MOST_QUESTIONS = 4;

    private ProofWords() {}

    /**
     * Whether it is proven, up to when, or why not.
     *
     * @return without the cluster
     */
    public static String verdict(DrillProof proof, Instant now) {
        return switch (proof.verdict()) {
            case Verdict.Proven proven ->
                "PROVEN to " + moment(proven.by()) + ", by the drill on "
                        + proven.by().host() + " that ended "
                        + Amounts.second(proven.by().ended()) + " (evidence " + evidence(proof, proven.by()) + "), "
                        + Amounts.duration(Duration.between(proven.by().ended(), now)) + " ago"
                        + proven.by()
                                .restored()
                                .map(each -> ", with backup " + each.backup())
                                .orElse("");
            case Verdict.NotProven not -> "NOT PROVEN: " + not.why();
        };
    }

    /** How much of the recoverable time begins with a drilled backup. */
    public static String time(DrillProof proof) {
        return "restores to " + proof.time().percent() + "% of the recoverable time ("
                + Amounts.duration(proof.time().drilled()) + " of "
                + Amounts.duration(proof.time().all()) + ") start from a backup that passed a drill"
                + proof.lastRestored()
                        .map(moment -> "; nothing after " + UtcTime.seconds(moment) + " was restored in a drill")
                        .orElse("");
    }

    /** What has proven it: by which versions, and then what was judged with what came out; empty if nothing has. */
    public static List<String> judged(DrillProof proof) {
        if (!(proof.verdict() instanceof Verdict.Proven proven)) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        lines.add("judged by that drill, with Tidemark " + proven.by().programVersion()
                + proven.by()
                        .postgresVersion()
                        .map(number -> " and PostgreSQL " + number / 10_000 + "." + number % 10_000)
                        .orElse("")
                + ":");
        proven.by().judgements().stream()
                .map(each -> each.name() + ": "
                        + each.detail().orElse(DrillProof.isOfAQuestion(each) ? "answered as expected" : "passed"))
                .forEach(lines::add);
        return lines;
    }

    /** Which moments begin with another one, at most some of them. */
    public static List<String> undrilled(DrillProof proof) {
        List<Stretch> all = proof.time().undrilled();
        List<String> lines = new ArrayList<>();
        all.reversed().stream()
                .limit(MOST_STRETCHES)
                .map(each -> "no drill " + (proof.alone().isEmpty() ? "" : "of " + alone(proof) + " alone ")
                        + "has passed with backup " + each.backup() + ", which is used from "
                        + UtcTime.seconds(each.from()) + " to " + UtcTime.seconds(each.until()) + " on timeline "
                        + each.timeline())
                .forEach(lines::add);
        if (all.size() > MOST_STRETCHES) {
            lines.add("and " + (all.size() - MOST_STRETCHES) + " more");
        }
        return lines;
    }

    /** Which drills count, if not all do. */
    public static Optional<String> counted(DrillProof proof) {
        return proof.alone().isEmpty()
                ? Optional.empty()
                : Optional.of("counted are drills that could read from " + alone(proof)
                        + " alone, and drills that failed by the backup or the WAL and could read from there");
    }

    private static String alone(DrillProof proof) {
        return DrillEvidence.Source.quoted(proof.alone());
    }

    /** When a backup was drilled last, what that came to, and what an earlier drill says of the backup. */
    public static String lastDrill(DrillProof proof, DrilledBackup backup) {
        String said = backup.tried()
                .map(tried -> Amounts.minute(tried.ended()) + " " + result(tried)
                        + backup.last()
                                .filter(last -> !last.equals(tried))
                                .map(last -> "; before, " + Amounts.minute(last.ended()) + " " + result(last))
                                .orElse(""))
                .orElse(proof.alone().isEmpty() ? "never" : "never from " + alone(proof) + " alone");
        return backup.isBroken() ? said + "; broken now" : said;
    }

    /** How long the last restore took, beside what it may take. */
    public static Optional<String> restore(DrillProof proof) {
        return proof.restore()
                .map(took -> "the last restore took " + Amounts.duration(took)
                        + proof.rto()
                                .map(rto -> (took.compareTo(rto) > 0 ? ", longer than rto (" : ", within rto (")
                                        + Amounts.duration(rto) + ")")
                                .orElse(""));
    }

    /**
     * Each chain of evidence: from which host, where, up to which number, and whether it is whole; then what a chain
     * cannot tell.
     *
     * @param names of the repositories that this host knows
     */
    public static List<String> chains(DrillProof proof, Map<RepositoryId, String> names) {
        List<String> lines = new ArrayList<>();
        proof.chains().stream()
                .map(each -> copied(each, names) + "evidence of "
                        + each.chain().host().orElse("a host") + " in '" + each.repository() + "': numbers "
                        + each.chain().first() + " to " + each.chain().last() + ", "
                        + (each.isWhole() ? "no gap, none changed" : "BROKEN") + signatures(each))
                .forEach(lines::add);
        if (lines.size() > 1 && proof.isWhole()) {
            lines.add("where a drill is in several of these, they say the same");
        }
        if (!lines.isEmpty()) {
            lines.add("evidence that was removed at the end is not seen here: compare the last numbers with those that"
                    + " the finding 'drill' of an earlier check has told");
        }
        return lines;
    }

    /** What is wrong with evidence, each with its object. */
    public static List<String> problems(DrillProof proof) {
        return proof.chains().stream()
                .flatMap(chain -> chain.problems().stream()
                        .map(problem ->
                                "BROKEN: '" + problem.key() + "' in '" + chain.repository() + "' " + problem.text()))
                .toList();
    }

    private static String keys(HeldChain held) {
        String keys =
                held.signatures().stream().flatMap(each -> each.keys().stream()).collect(Collectors.joining(", "));
        return keys.isEmpty() ? "" : " (" + keys + ")";
    }

    private static String signatures(HeldChain held) {
        int all = held.chain().signed();
        return held.signed()
                .map(good -> ", " + good + " of " + held.chain().links().size()
                        + " signed by a key that this host knows" + keys(held))
                .orElse(all == 0 ? "" : ", " + all + " signed, not checked: set drill.public-keys");
    }

    /** Says where it was stored first, if that is another repository. */
    private static String copied(HeldChain held, Map<RepositoryId, String> names) {
        RepositoryId first = new RepositoryId(held.chain().keys().repository().toString());
        String name = names.getOrDefault(first, first.value());
        return name.equals(held.repository()) ? "" : "copy from '" + name + "' of ";
    }

    /** The commit, or what the drill restored to. */
    private static String moment(DrillEvidence drill) {
        return drill.provenTo().map(UtcTime::seconds).orElseGet(() -> target(drill));
    }

    /** What a drill restored to, and the last commit there. */
    public static String target(DrillEvidence drill) {
        return drill.target().text()
                + drill.kept()
                        .filter(_ -> !drill.target().kind().equals("time"))
                        .map(commit -> ", last commit " + UtcTime.seconds(commit.time()))
                        .orElse("");
    }

    /** From which repositories a drill could read. */
    public static String read(DrillEvidence drill) {
        return drill.repositories().stream().map(DrillEvidence.Source::name).collect(Collectors.joining(", "));
    }

    /** What became of a drill, and whether that was settled since. */
    public static String result(DrillProof proof, DrillEvidence drill) {
        return result(drill)
                + (drill.isProven()
                        ? ""
                        : proof.passedSince(drill)
                                .map(since -> "; a later state passed (" + evidence(proof, since) + ")")
                                .orElse(""));
    }

    /** Whether everything passed, or what failed and whose fault that was. */
    public static String result(DrillEvidence drill) {
        long failed = drill.judgements().stream()
                .filter(each -> each.fault().isPresent())
                .count();
        return drill.failure()
                .map(each -> "FAILED " + each.name() + by(each)
                        + (failed > 1 ? "; and " + (failed - 1) + " more" : "")
                        + questions(drill).map(passed -> "; passed: " + passed).orElse(""))
                .orElseGet(() ->
                        "passed" + questions(drill).map(passed -> ": " + passed).orElse(""));
    }

    /** Those that were answered as expected, at most some of them. */
    private static Optional<String> questions(DrillEvidence drill) {
        List<String> asked = drill.judgements().stream()
                .filter(DrillProof::isOfAQuestion)
                .filter(each -> each.fault().isEmpty())
                .map(Judged::name)
                .toList();
        String more = asked.size() > MOST_QUESTIONS ? " and " + (asked.size() - MOST_QUESTIONS) + " more" : "";
        return asked.isEmpty()
                ? Optional.empty()
                : Optional.of(asked.stream().limit(MOST_QUESTIONS).collect(Collectors.joining(", ")) + more);
    }

    /** Where the evidence of a drill is, with its number there; the first of several places. */
    public static String evidence(DrillProof proof, DrillEvidence drill) {
        return proof.places(drill).stream()
                .findFirst()
                .map(place -> place.repository() + " " + place.number())
                .orElse("-");
    }

    /** What became of a question the last time it was asked. */
    public static String result(Asked question) {
        return question.judged().fault().isEmpty() ? "passed" : "FAILED" + by(question.judged());
    }

    private static String by(Judged failed) {
        return failed.fault()
                .flatMap(Fault::of)
                .map(fault -> ", " + fault.blame())
                .orElse("");
    }
}
