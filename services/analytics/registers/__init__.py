"""The three registers that the clauses ask for: catalog (目錄清冊), requests (申請表), access (紀錄清冊)."""
