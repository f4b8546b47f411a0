// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Answer;
import org.tidemark.config.DrillSettings.Question;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.session.reading.HeldDrills;

/**
 * What drills before this one were answered to questions about a past that does not change, by the digests in their
 * evidence. Immutable.
 *
 * @param drills those that count with the keys of this host: what anybody can write would hide a change
 * @param all also those that are not signed: they count where no other was asked the same, as before the first key
 */
record EarlierAnswers(SystemIdentifier system, HeldDrills drills, HeldDrills all) {
    /** Another query, or one of another database, is another question. */
    Answer digests(Question question, String answer) {
        Sha256 asked = digest(system + "\n" + question.database() + "\n" + question.sql());
        return new Answer(asked, digest(asked.hex() + "\n" + answer));
    }

    /** Of a question and of what it expects, so that evidence shows when one of them was changed. */
    Sha256 asked(Question question) {
        return digest(system + "\n" + question.database() + "\n" + question.sql() + "\n"
                + question.expected().text());
    }

    private static Sha256 digest(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The last drill that has passed, and was answered to the same question. */
    Optional<DrillEvidence> lastOf(Answer answer) {
        return lastOf(answer, drills).or(() -> lastOf(answer, all));
    }

    private static Optional<DrillEvidence> lastOf(Answer answer, HeldDrills of) {
        return of.newestFirst().stream()
                .filter(DrillEvidence::isProven)
                .filter(each -> answers(each, answer).isPresent())
                .findFirst();
    }

    /** Whether the drill was answered the same. */
    static boolean isSame(DrillEvidence drill, Answer answer) {
        return answers(drill, answer).filter(answer::equals).isPresent();
    }

    private static Optional<Answer> answers(DrillEvidence drill, Answer answer) {
        return drill.judgements().stream()
                .flatMap(each -> each.answer().stream())
                .filter(each -> each.question().equals(answer.question()))
                .findFirst();
    }
}
