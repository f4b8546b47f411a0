// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A class of tests that one build in {@value Rounds#BUILDS} runs, chosen by the run's seed: a build on two cores has no
 * time for all variants of a story. A campaign and {@code -Pstores} run each, and so does {@code -Dtest}, which names
 * it.
 */
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(InTurn.Turn.class)
public @interface InTurn {
    /** Decides about one class. */
    final class Turn implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            Class<?> tests = context.getRequiredTestClass();
            return !tests.isAnnotationPresent(InTurn.class) || Rounds.isTurn(tests.getName())
                    ? ConditionEvaluationResult.enabled("it is the turn of this class")
                    : ConditionEvaluationResult.disabled(
                            "not the turn of this class; to run each class: mvn verify -Pstores");
        }
    }
}
