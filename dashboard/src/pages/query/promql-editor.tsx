import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { newCompleteStrategy, PromQLExtension, type CompleteStrategy } from '@prometheus-io/codemirror-promql';
import { useEffect, useLayoutEffect, useRef, type ReactElement } from 'react';
import styles from './query.module.css';

interface EditorProps {
  /** The query in force; typing does not change it. */
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--expected)' },
  { tag: [tags.function(tags.variableName), tags.standard(tags.variableName)], color: 'var(--info)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--warning)' },
  { tag: [tags.number, tags.unit], color: 'var(--accent)' },
  { tag: tags.labelName, color: 'var(--text-2)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
]);

/** What may follow a finished expression is offered only when asked for: Enter after it must run it. */
function completing(): CompleteStrategy {
  const all = newCompleteStrategy({ remote: { url: '', cache: { maxAge: 60_000 } } });
  return { promQL: (context) => (context.explicit || context.matchBefore(/[\w:.({,="'~]$/) ? all.promQL(context) : null), destroy: () => all.destroy?.() };
}

/** PromQL with completion from what is stored and faults underlined. Enter runs, Shift-Enter makes a line. */
export function PromqlEditor({ value, onChange, onRun }: EditorProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const current = useRef({ onChange, onRun });
  useLayoutEffect(() => {
    current.current = { onChange, onRun };
  });

  useEffect(() => {
    if (!box.current) return undefined;
    const run = (): boolean => {
      current.current.onRun();
      return true;
    };
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        extensions: [
          history(), bracketMatching(), closeBrackets(), autocompletion(), EditorView.lineWrapping, syntaxHighlighting(COLOURS), placeholder('sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))'),
          new PromQLExtension().setComplete({ completeStrategy: completing() }).asExtension(),
          keymap.of([...completionKeymap, { key: 'Enter', run, shift: insertNewlineAndIndent }, { key: 'Mod-Enter', run }, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({ 'aria-label': 'PromQL', 'data-search': '' }),
          EditorView.updateListener.of((update) => update.docChanged && current.current.onChange(update.state.doc.toString())),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={box} className={styles['editor']} />;
}
