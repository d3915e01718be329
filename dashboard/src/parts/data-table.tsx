import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useState, type KeyboardEvent, type MouseEvent, type ReactElement, type ReactNode } from 'react';
import { ShowMore } from './show-more.js';
import { sorted } from './sort.js';
import styles from './data-table.module.css';

export interface Column<Row> {
  readonly key: string;
  readonly head: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the right. */
  readonly numeric?: boolean;
  /** Makes the column sortable. */
  readonly value?: (row: Row) => number | string;
  /** CSS width. */
  readonly width?: string;
  /** Left out where there is little room, or already where there is some. */
  readonly wideOnly?: boolean | 'first';
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** What Enter or a click on a row does. Put a real link in one cell as well. */
  readonly onOpen?: (row: Row) => void;
  /** `errorRatio` sorts up, `-errorRatio` down. Lives in the URL; rows stay in their own order without it. */
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string) => void;
  readonly empty?: ReactNode;
  /** Rows in the page at first, and with each press for more: thousands at once would make every refresh slow. */
  readonly page?: number;
  /** Where the server sends the first rows only, in the order asked for: how many there are, and what asks for so many. */
  readonly rest?: { readonly matching: number; readonly ask: (most: number) => void } | undefined;
}

/** Rows and columns, sorted as a whole, a page at a time. j and k walk over the rows, Enter opens one; those that open nothing are no stop of the Tab key, which goes on within the row. */
export function DataTable<Row>({ label, columns, rows, rowKey, onOpen, sort, onSort, empty, page = 200, rest }: DataTableProps<Row>): ReactElement {
  const [most, setMost] = useState(page);
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  const shown = rest ? rows : sorted(rows, columns, sort).slice(0, most);
  return (
    <div className={styles['scroll']}>
      <table className={styles['table']} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr
              key={rowKey(row)}
              data-row
              tabIndex={onOpen ? 0 : -1}
              data-opens={onOpen ? true : undefined}
              onClick={onOpen && ((event: MouseEvent) => void (isOwnClick(event) && onOpen(row)))}
              onKeyDown={onOpen && ((event: KeyboardEvent) => void (event.key === 'Enter' && event.target === event.currentTarget && onOpen(row)))}
            >
              {columns.map((column) => (
                <td key={column.key} className={cellClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <ShowMore shown={shown.length} all={rest?.matching ?? rows.length} page={page} onMore={() => (rest ? rest.ask(shown.length + page) : setMost(most + page))} />
    </div>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>): ReactElement {
  const down = sort === `-${column.key}`;
  const up = sort === column.key;
  const sortable = column.value !== undefined && onSort !== undefined;
  return (
    <th scope="col" className={cellClass(column)} style={{ width: column.width }} aria-sort={down ? 'descending' : up ? 'ascending' : undefined}>
      {sortable ? (
        <button type="button" className={styles['sort']} onClick={() => onSort(down ? column.key : `-${column.key}`)}>
          {column.head}
          {down && <IconChevronDown aria-hidden size={12} />}
          {up && <IconChevronUp aria-hidden size={12} />}
        </button>
      ) : (
        column.head
      )}
    </th>
  );
}

function cellClass<Row>({ numeric, wideOnly }: Column<Row>): string {
  return [numeric ? styles['numeric'] : '', wideOnly ? styles['wide'] : '', wideOnly === 'first' ? styles['widest'] : ''].filter(Boolean).join(' ');
}

/** Not a click on a link or button inside, nor the end of a text selection. */
function isOwnClick(event: MouseEvent): boolean {
  const target = event.target as Element;
  return target.closest('a, button, input') === null && (getSelection()?.isCollapsed ?? true);
}
