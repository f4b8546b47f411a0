// SPDX-License-Identifier: Apache-2.0
/** Drills: restores to a moment that are judged, and removed again. */
package org.tidemark.operations.drill;
