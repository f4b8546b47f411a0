// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.backup.DrillEvidence.Previous;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;

/**
 * The evidence of the drills of one host in one repository, as it was read. Immutable.
 *
 * @param links in the order of their numbers, at least one
 */
public record DrillChain(DrillKeys keys, List<Link> links) {
    public DrillChain {
        links = List.copyOf(links);
    }

    /** One document. */
    public sealed interface Link {
        int number();

        /**
         * A document that has the digest that it carries.
         *
         * @param digest of all its bytes
         * @param signature not yet checked; empty if it is not signed
         */
        record Intact(int number, Sha256 digest, DrillEvidence evidence, Optional<EvidenceSignature> signature)
                implements Link {}

        /**
         * A document that cannot be read.
         *
         * @param problem says why
         */
        record Damaged(int number, String problem) implements Link {}
    }

    /**
     * What is wrong with a chain.
     *
     * @param key of the document that is missing, damaged or changed
     * @param text says it, after the key
     */
    public record Problem(ObjectKey key, String text) {}

    /**
     * What its signatures say.
     *
     * @param drills of which one of the known keys has signed the evidence, as it is
     * @param keys the ids of these keys
     */
    public record Signatures(Set<String> drills, Set<String> keys, List<Problem> problems) {
        /** How many documents are well signed. */
        public int good() {
            return drills.size();
        }
    }

    private List<Link.Intact> intact() {
        return links.stream()
                .filter(Link.Intact.class::isInstance)
                .map(Link.Intact.class::cast)
                .toList();
    }

    /** What can be read of it, in order. */
    public List<DrillEvidence> evidence() {
        return intact().stream().map(Link.Intact::evidence).toList();
    }

    /** How many documents have a signature, whatever it is worth. */
    public int signed() {
        return (int)
                intact().stream().filter(each -> each.signature().isPresent()).count();
    }

    /**
     * Checks each signature. A document without one is a problem only after one that has a signature: a key may be
     * configured later than the first drill. Without a known key nothing is checked.
     */
    public Signatures signatures(List<EvidenceKey> known) {
        if (known.isEmpty()) {
            return new Signatures(Set.of(), Set.of(), List.of());
        }
        List<Problem> problems = new ArrayList<>();
        Set<String> good = new LinkedHashSet<>();
        Set<String> keysOfGood = new LinkedHashSet<>();
        boolean isSigned = false;
        for (Link.Intact link : intact()) {
            ObjectKey key = keys.evidence(link.number());
            if (link.signature().isEmpty()) {
                if (isSigned) {
                    problems.add(new Problem(key, "is not signed, and evidence before it is"));
                }
                continue;
            }
            isSigned = true;
            Optional<String> problem = link.signature().get().problem(key, known);
            problem.ifPresent(text -> problems.add(new Problem(key, text)));
            if (problem.isEmpty()) {
                good.add(link.evidence().id());
                keysOfGood.add(link.signature().get().signedBy());
            }
        }
        return new Signatures(good, keysOfGood, problems);
    }

    /** The name of the host, as the last document that can be read has it. */
    public Optional<String> host() {
        List<DrillEvidence> readable = evidence();
        return readable.isEmpty()
                ? Optional.empty()
                : Optional.of(readable.getLast().host());
    }

    public int first() {
        return links.getFirst().number();
    }

    public int last() {
        return links.getLast().number();
    }

    /**
     * What is missing, damaged or changed after the first document that is there: an expiry removes from the beginning.
     * Documents that were cut off from the end are not found.
     */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        Optional<Link> before = Optional.empty();
        for (Link link : links) {
            problemBefore(before, link).ifPresent(problems::add);
            if (link instanceof Link.Damaged damaged) {
                problems.add(new Problem(keys.evidence(link.number()), "is damaged: " + damaged.problem()));
            }
            before = Optional.of(link);
        }
        return problems;
    }

    private Optional<Problem> problemBefore(Optional<Link> before, Link link) {
        int number = link.number();
        if (before.isPresent() && before.get().number() + 1 < number) {
            int from = before.get().number() + 1;
            String others = from + 1 == number ? "" : ", with all up to number " + (number - 1);
            return Optional.of(
                    new Problem(keys.evidence(from), "is missing" + others + ", although later evidence is there"));
        }
        if (!(link instanceof Link.Intact intact)) {
            return Optional.empty();
        }
        Optional<Previous> named = intact.evidence().previous();
        if (named.isEmpty() != (number == 1)) {
            return Optional.of(new Problem(
                    keys.evidence(number),
                    named.isEmpty()
                            ? "was changed: it names no document before it"
                            : "was changed: it is the first, and names one before it"));
        }
        return before.filter(Link.Intact.class::isInstance)
                .map(each -> (Link.Intact) each)
                .filter(each -> named.filter(previous ->
                                previous.isDamaged() || previous.digest().equals(each.digest()))
                        .isEmpty())
                .map(each -> new Problem(
                        keys.evidence(each.number()),
                        "was changed: the evidence with number " + number + " names another SHA-256 of it"));
    }
}
