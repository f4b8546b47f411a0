// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.probe;

/**
 * What was seen of one promise of a store. Immutable.
 *
 * @param subject the promise, in a word: {@code create}, {@code list}
 * @param message what was seen
 * @param hint what follows from it, and what to do; empty where nothing does
 */
public record Proof(String subject, Verdict verdict, String message, String hint) {
    /** What follows from what was seen. */
    public enum Verdict {
        /** It is kept. */
        KEPT,
        /** It is not kept, and one can live without it; the hint says what is lost. */
        MISSING,
        /** It is not kept, and without it nothing is safe here. */
        BROKEN,
        /** It could not be tried. */
        UNKNOWN
    }

    static Proof kept(String subject, String message) {
        return new Proof(subject, Verdict.KEPT, message, "");
    }

    static Proof missing(String subject, String message, String hint) {
        return new Proof(subject, Verdict.MISSING, message, hint);
    }

    static Proof broken(String subject, String message, String hint) {
        return new Proof(subject, Verdict.BROKEN, message, hint);
    }

    static Proof unknown(String subject, String message, String hint) {
        return new Proof(subject, Verdict.UNKNOWN, message, hint);
    }
}
